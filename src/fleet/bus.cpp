#include "fleet/bus.hpp"

#include <nats/nats.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <format>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "core/clock.hpp"

namespace edgelab::fleet {

namespace {

using namespace std::chrono_literals;

constexpr auto reconnect_wait = 200ms;
constexpr auto ping_interval = 5s;
constexpr int pings_without_answer = 2;
constexpr auto write_within = 5s;         // who publishes waits no longer for a hub that reads nothing
constexpr auto look_again = 100ms;       // whether the hub is still there, while an answer is waited for
constexpr int keep_bytes = 1 << 20;      // while there is no connection; sessions send again what is lost

std::string describe(natsStatus status) {
  char const* const detail = nats_GetLastError(nullptr);
  std::string text = natsStatus_GetText(status);
  if (detail != nullptr && *detail != '\0') text += std::format(" ({})", detail);
  return text;
}

constexpr std::string_view closed_for_good = "the connection to the hub was given up: start this program again";

using Options = std::unique_ptr<natsOptions, decltype(&natsOptions_Destroy)>;

// "tls://host:port" and whether it is: cnats takes the scheme, and wants to be told.
bool wants_tls(std::string_view url) { return url.starts_with("tls://"); }

}  // namespace

// What NATS's callbacks may touch. They have a share of it until the connection is closed for good.
struct Bus::Hooks {
  std::atomic<bool> closed = false;
  std::mutex mutex;                  // held while a hook runs, so that none runs once it has been taken out
  Watch watch;
  std::int64_t next = 0;
  std::map<std::int64_t, std::function<void()>> again;

  void notice(std::string_view text) {
    std::scoped_lock const lock(mutex);
    if (watch.notice) watch.notice(text);
  }
  void connected_again() {
    std::scoped_lock const lock(mutex);
    if (watch.connected_again) watch.connected_again();
    for (auto const& [number, call] : again) call();
  }
};

Result<HubAddress> hub_address(std::string_view text) {
  HubAddress hub;
  std::string url(text);
  auto const query = url.find('?');
  std::string const questions = query == std::string::npos ? "" : url.substr(query + 1);
  url.resize(std::min(url.size(), query));
  bool tls = false;
  for (std::size_t begin = 0; begin < questions.size();) {
    auto const end = std::min(questions.find('&', begin), questions.size());
    auto const pair = questions.substr(begin, end - begin);
    if (pair.starts_with("token=")) hub.token = pair.substr(6);
    if (pair == "tls=1") tls = true;
    begin = end + 1;
  }
  while (url.ends_with('/')) url.pop_back();
  if (url.starts_with("edgelab://")) url = (tls ? "tls://" : "nats://") + url.substr(10);
  if (!url.starts_with("nats://") && !url.starts_with("tls://"))
    return fail(
        std::format("'{}' is no address of a hub: expected nats://host:port, tls://host:port, or the join text that "
                    "edgelab hub prints",
                    url));
  auto const host = url.find("://") + 3;
  if (auto const at = url.find('@'); at != std::string::npos) {
    hub.token = url.substr(host, at - host);
    url.erase(host, at + 1 - host);
  }
  hub.url = std::move(url);
  return hub;
}

Bus::Bus() : hooks_(std::make_shared<Hooks>()) {}

Result<std::shared_ptr<Bus>> Bus::connect(HubAddress const& hub, std::string const& name,
                                          std::chrono::milliseconds patience, Watch watch) {
  std::shared_ptr<Bus> bus(new Bus);
  bus->hooks_->watch = std::move(watch);
  natsOptions* made = nullptr;
  if (natsOptions_Create(&made) != NATS_OK) return fail("cnats: no memory for its options");
  Options const options(made, &natsOptions_Destroy);
  auto* const o = options.get();
  natsOptions_SetURL(o, hub.url.c_str());
  natsOptions_SetName(o, name.c_str());
  if (!hub.token.empty()) natsOptions_SetToken(o, hub.token.c_str());
  if (wants_tls(hub.url)) natsOptions_SetSecure(o, true);
  if (!hub.verify) natsOptions_SkipServerVerification(o, true);
  if (!hub.authority.empty()) {
    auto const status = natsOptions_LoadCATrustedCertificates(o, hub.authority.c_str());
    if (status != NATS_OK)
      return fail(std::format("{} is no certificate: {}", hub.authority.string(), describe(status)));
  }
  natsOptions_SetTimeout(o, 2'000);
  natsOptions_SetMaxReconnect(o, -1);
  natsOptions_SetReconnectWait(o, std::chrono::milliseconds(reconnect_wait).count());
  natsOptions_SetReconnectJitter(o, 100, 100);
  natsOptions_SetReconnectBufSize(o, keep_bytes);
  natsOptions_SetPingInterval(o, std::chrono::milliseconds(ping_interval).count());
  natsOptions_SetMaxPingsOut(o, pings_without_answer);
  natsOptions_SetSendAsap(o, true);
  natsOptions_SetWriteDeadline(o, std::chrono::milliseconds(write_within).count());
  natsOptions_SetIgnoreAuthErrorAbort(o, true);          // a hub that is being set up anew may refuse for a while
  natsOptions_SetNoEcho(o, false);
  natsOptions_SetIgnoreDiscoveredServers(o, true);      // a hub is where the user says it is
  natsOptions_SetFailRequestsOnDisconnect(o, true);
  using Share = std::shared_ptr<Hooks>;
  auto share = std::make_unique<Share>(bus->hooks_);
  natsOptions_SetDisconnectedCB(
      o, [](natsConnection*, void* h) { (*static_cast<Share*>(h))->notice("the hub is out of reach; trying again"); },
      share.get());
  natsOptions_SetReconnectedCB(
      o,
      [](natsConnection*, void* h) {
        (*static_cast<Share*>(h))->notice("the hub is there again");
        (*static_cast<Share*>(h))->connected_again();
      },
      share.get());
  natsOptions_SetClosedCB(
      o,
      [](natsConnection*, void* h) {
        std::unique_ptr<Share> const last(static_cast<Share*>(h));
        (*last)->closed = true;
        (*last)->notice(closed_for_good);
      },
      share.get());
  natsOptions_SetErrorHandler(
      o,
      [](natsConnection*, natsSubscription*, natsStatus status, void* h) {
        (*static_cast<Share*>(h))->notice(std::format("the hub: {}", natsStatus_GetText(status)));
      },
      share.get());

  auto const deadline = Clock::now() + patience;
  for (;;) {
    auto const status = natsConnection_Connect(&bus->connection_, o);
    if (status == NATS_OK) {
      (void)share.release();      // the last callback's
      return bus;
    }
    auto why = describe(status);
    if (status == NATS_CONNECTION_AUTH_FAILED || why.contains("uthorization"))
      return fail(std::format("the hub at {} refuses the token", hub.url));
    if (status == NATS_SSL_ERROR || Clock::now() >= deadline)
      return fail(std::format("there is no hub to be reached at {}: {}", hub.url, why));
    std::this_thread::sleep_for(reconnect_wait);
  }
}

Bus::~Bus() {
  {
    std::scoped_lock const lock(hooks_->mutex);
    hooks_->watch = {};
    hooks_->again.clear();
  }
  if (connection_ == nullptr) return;
  natsConnection_Close(connection_);
  natsConnection_Destroy(connection_);
}

void Bus::publish(std::string const& subject, std::string_view body) {
  natsConnection_Publish(connection_, subject.c_str(), body.data(), static_cast<int>(body.size()));
}

// What a callback of NATS's may touch. It outlives the subscription until NATS says that no call will come any more.
struct Bus::Subscription::State {
  OnMessage on_message;
  std::mutex mutex;
  bool ended = false;
  natsSubscription* subscription = nullptr;
};

Result<std::unique_ptr<Bus::Subscription>> Bus::subscribe(std::string const& subject, OnMessage on_message) {
  auto state = std::make_shared<Subscription::State>();
  state->on_message = std::move(on_message);
  auto* const kept = new std::shared_ptr<Subscription::State>(state);      // NATS's, until it says that it is done
  auto const status = natsConnection_Subscribe(
      &state->subscription, connection_, subject.c_str(),
      [](natsConnection*, natsSubscription*, natsMsg* message, void* closure) {
        auto const mine = *static_cast<std::shared_ptr<Subscription::State>*>(closure);
        {
          std::scoped_lock const lock(mine->mutex);
          if (!mine->ended) {
            char const* const reply = natsMsg_GetReply(message);
            mine->on_message(
                {.subject = natsMsg_GetSubject(message),
                 .body = {natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))},
                 .reply = reply == nullptr ? "" : reply,
                 .nobody_there = natsMsg_IsNoResponders(message)});
          }
        }
        natsMsg_Destroy(message);
      },
      kept);
  if (status != NATS_OK) {
    delete kept;
    return fail(std::format("cannot subscribe to {}: {}", subject, describe(status)));
  }
  natsSubscription_SetOnCompleteCB(
      state->subscription, [](void* closure) { delete static_cast<std::shared_ptr<Subscription::State>*>(closure); },
      kept);
  return std::unique_ptr<Subscription>(new Subscription(std::move(state)));
}

Bus::Subscription::Subscription(std::shared_ptr<State> state) : state_(std::move(state)) {}

Bus::Subscription::~Subscription() {
  {
    std::scoped_lock const lock(state_->mutex);
    state_->ended = true;
  }
  natsSubscription_Unsubscribe(state_->subscription);
  natsSubscription_Destroy(state_->subscription);
}

// Not natsConnection_Request, which nothing ends but an answer or its timeout.
std::expected<std::string, Bus::NoAnswer> Bus::request(std::string const& subject, std::string_view body,
                                                       std::chrono::milliseconds timeout, std::stop_token const& stop) {
  natsInbox* made = nullptr;
  if (natsInbox_Create(&made) != NATS_OK) return std::unexpected(NoAnswer::disconnected);
  std::unique_ptr<natsInbox, decltype(&natsInbox_Destroy)> const inbox(made, &natsInbox_Destroy);
  std::mutex mutex;
  std::condition_variable_any came;
  std::optional<std::expected<std::string, NoAnswer>> answer;
  auto const subscription = subscribe(inbox.get(), [&](Message const& message) {
    std::scoped_lock const lock(mutex);
    if (answer) return;
    if (message.nobody_there) answer = std::unexpected(NoAnswer::nobody_there);
    else answer = std::string(message.body);
    came.notify_all();
  });
  if (!subscription) return std::unexpected(NoAnswer::disconnected);
  if (natsConnection_PublishRequest(connection_, subject.c_str(), inbox.get(), body.data(), static_cast<int>(body.size())) != NATS_OK)
    return std::unexpected(NoAnswer::disconnected);
  auto const deadline = Clock::now() + timeout;
  std::unique_lock lock(mutex);
  while (!answer && !stop.stop_requested() && Clock::now() < deadline) {
    if (!connected()) return std::unexpected(NoAnswer::disconnected);
    came.wait_until(lock, stop, std::min<Clock::time_point>(deadline, Clock::now() + look_again), [&] { return answer.has_value(); });
  }
  if (!answer) return std::unexpected(NoAnswer::late);
  return *std::move(answer);
}

bool Bus::connected() const { return natsConnection_Status(connection_) == NATS_CONN_STATUS_CONNECTED; }

std::optional<std::string> Bus::closed() const {
  return hooks_->closed ? std::optional<std::string>(closed_for_good) : std::nullopt;
}

void Bus::flush(std::chrono::milliseconds timeout) { natsConnection_FlushTimeout(connection_, timeout.count()); }

std::shared_ptr<void> Bus::on_connected_again(std::function<void()> call) {
  std::scoped_lock const lock(hooks_->mutex);
  auto const number = hooks_->next++;
  hooks_->again.emplace(number, std::move(call));
  return {nullptr, [hooks = hooks_, number](void*) {
            std::scoped_lock const inner(hooks->mutex);
            hooks->again.erase(number);
          }};
}

}  // namespace edgelab::fleet
