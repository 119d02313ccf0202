#include "fleet/coordinator.hpp"

#include <algorithm>
#include <format>
#include <system_error>
#include <utility>

#include "core/text.hpp"
#include "fleet/band.hpp"
#include "fleet/names.hpp"
#include "fleet/remote_channel.hpp"
#include "fleet/remote_executor.hpp"
#include "probe/environment.hpp"

namespace edgelab::fleet {

namespace {

using namespace std::chrono_literals;
using executor::Outcome;
using executor::Trouble;

constexpr auto open_within = 5s;             // one try; the agent starts the executor meanwhile
constexpr auto ask_again = 250ms;             // who is there; each time twice as long, since all devices answer,
constexpr auto ask_seldom = 5s;               // also those that measure
constexpr auto look_again = 1s;
constexpr std::chrono::milliseconds shortest_greeting = 5s;
constexpr auto goodbye_grace = 1500ms;        // long enough to say it twice to a device that is just opening a session nobody wants any more
// So long after the reply announcements from before it may still be on their way.
constexpr auto stale_within = 3s;

// When a device that is waited for is to be asked again.
class Asking {
 public:
  [[nodiscard]] Roster::Ask now() {
    if (Clock::now() < next_) return Roster::Ask::no;
    next_ = Clock::now() + pause_;
    pause_ = std::min<Clock::duration>(2 * pause_, ask_seldom);
    return Roster::Ask::yes;
  }
  // Until then nothing but an announcement is of interest.
  [[nodiscard]] Clock::time_point until() const { return std::min<Clock::time_point>(next_, Clock::now() + look_again); }

 private:
  Clock::duration pause_ = ask_again;
  Clock::time_point next_ = Clock::now();
};

std::unexpected<Trouble> failed(std::string reason) {
  return std::unexpected(Trouble{Status::failed, std::move(reason), true});
}

std::unexpected<Trouble> stopped(std::string_view device) {
  return std::unexpected(Trouble{Status::interrupted, std::format("stopped while a session with {} was opened", device), true});
}

Result<std::string> executor_of(ExecutorSpec const& spec, Announcement const& device) {
  std::vector<std::string> ids;
  for (auto const& offered : device.executors) ids.push_back(offered.id);
  if (spec.offers.empty() && ids.size() == 1) return ids.front();
  if (spec.offers.empty())
    return fail(std::format("the device {} offers several executors, {}: expected the key 'offers'", spec.device,
                            join(ids, ", ")));
  if (!std::ranges::contains(ids, spec.offers))
    return fail(
        std::format("the device {} has no executor '{}': it offers {}", spec.device, spec.offers, join(ids, ", ")));
  return spec.offers;
}

// Gives the session up when the device says that it is another one, or in another session.
void watch_device(Roster& roster, RemoteChannel& channel, std::string device, std::string instance, std::string id) {
  auto const opened = Clock::now();
  auto& session = channel.session();
  channel.keep(roster.watch(std::move(device), [&session, opened, instance = std::move(instance),
                                                id = std::move(id)](Announcement const& said) {
    if (Clock::now() - opened < stale_within) return;
    if (said.instance != instance)
      session.give_up("the device's agent was started anew");
    else if (said.session != id)
      session.give_up("the device has ended the session");
  }));
}

}  // namespace

Result<std::shared_ptr<Coordinator>> Coordinator::at(HubAddress const& hub, CoordinatorOptions options) {
  EDGELAB_TRY(bus, Bus::connect(hub, "coordinator " + options.name, options.patience,
                                {.connected_again = {}, .notice = options.notice}));
  std::shared_ptr<Coordinator> coordinator(new Coordinator(std::move(bus), std::move(options)));
  EDGELAB_TRY(roster, Roster::on(coordinator->bus_, coordinator->options_.notice));
  coordinator->roster_ = std::move(roster);
  return coordinator;
}

std::expected<Coordinator::Lease, Coordinator::NotYet> Coordinator::try_open(ExecutorSpec const& spec, Open& open,
                                                                         std::stop_token const& stop) {
  auto const not_yet = [](std::string why) { return std::unexpected(NotYet{.why = std::move(why)}); };
  auto const never = [](std::string why) { return std::unexpected(NotYet{.why = std::move(why), .never = true}); };
  auto const device = roster_->find(spec.device);
  if (!device)
    return not_yet(
        std::format("the device {} is not there; there are: {}", spec.device, join(roster_->devices(), ", ")));
  auto const id = executor_of(spec, *device);
  if (!id) return never(id.error().describe());
  open.executor = *id;
  auto session = Session::begin(bus_, up_subject(open.session), down_subject(open.session), open.lease);
  if (!session) return not_yet(session.error().describe());
  auto const reply = bus_->request(open_subject(spec.device), encode(open), open_within, stop);
  if (!reply && stop.stop_requested()) {
    (*session)->send({"end", "the coordinator was stopped"});
    (*session)->deliver(Clock::now() + goodbye_grace);
  }
  if (!reply) {
    if (reply.error() == Bus::NoAnswer::nobody_there) roster_->forget(spec.device);
    return std::unexpected(NotYet{.why = std::format("the device {} does not answer", spec.device),
                                  .unanswered = reply.error() != Bus::NoAnswer::nobody_there});
  }
  auto const opened = decode_opened(*reply);
  if (!opened) {
    auto why = std::format("the device {} refuses a session: {}", spec.device, opened.error().reason);
    return opened.error().kind == "busy" || opened.error().kind == "failed" ? not_yet(std::move(why))
                                                                            : never(std::move(why));
  }
  return Lease{*std::move(session), *opened, device->facts.bandwidth_gb_per_s};
}

Outcome<std::unique_ptr<executor::Executor>> Coordinator::start(ExecutorSpec const& spec,
                                                                std::chrono::milliseconds timeout,
                                                                std::stop_token const& stop) {
  if (stop.stop_requested()) return stopped(spec.device);
  auto const deadline = Clock::now() + timeout;
  // Every try is for the same session: where a reply was lost, the next is answered as the first was.
  Open open{
      .session = random_hex(32), .executor = {}, .coordinator = options_.name, .lease = options_.lease, .replaces = {}};
  {
    std::scoped_lock const lock(mutex_);
    if (auto const ours = ours_.find(spec.device); ours != ours_.end()) open.replaces = ours->second;
    ours_[spec.device] = open.session;      // it may be open though no reply comes
  }
  bool unanswered = false;
  Asking asking;
  auto lease = try_open(spec, open, stop);
  while (!lease) {
    unanswered = unanswered || lease.error().unanswered;
    if (lease.error().never || stop.stop_requested() || Clock::now() >= deadline) {
      if (!unanswered) not_opened(spec.device, open);
      return stop.stop_requested() ? stopped(spec.device) : failed(lease.error().why);
    }
    auto const ask = asking.now();
    roster_->wait(std::min(deadline, asking.until()), stop, ask);
    lease = try_open(spec, open, stop);
  }
  {
    std::scoped_lock const lock(mutex_);
    live_[spec.device] = lease->session;
  }
  auto channel = std::make_unique<RemoteChannel>(spec.device, lease->session);
  auto& line = *channel;
  watch_device(*roster_, line, spec.device, lease->instance, open.session);
  auto const left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  auto conversation = executor::converse_over(std::move(channel), std::max(left, shortest_greeting), stop);
  if (!conversation) return std::unexpected(conversation.error());
  std::optional<double> bytes_per_s;
  if (lease->bandwidth_gb_per_s) bytes_per_s = *lease->bandwidth_gb_per_s * 1e9;
  return std::make_unique<RemoteExecutor>(*this, *std::move(conversation), line, executor::OtherMachine{bytes_per_s});
}

// All tries were refused: the session from before is the one that may still be open there.
void Coordinator::not_opened(std::string const& device, Open const& open) {
  std::scoped_lock const lock(mutex_);
  if (open.replaces)
    ours_[device] = *open.replaces;
  else
    ours_.erase(device);
}

std::optional<std::string> Coordinator::unfit(ExecutorSpec const& spec) {
  auto const device = roster_->find(spec.device);
  if (!device) return "it is away";
  if (device->session) {
    std::scoped_lock const lock(mutex_);
    auto const ours = ours_.find(spec.device);
    if (ours == ours_.end() || ours->second != *device->session) return "another coordinator has it";
  }
  return spec.band ? outside_of(*spec.band, device->facts) : std::nullopt;
}

bool Coordinator::in_session(std::string const& device) {
  std::scoped_lock const lock(mutex_);
  auto const found = live_.find(device);
  auto const session = found == live_.end() ? nullptr : found->second.lock();
  return session && !session->broken();
}

std::optional<std::string> Coordinator::await_fit(ExecutorSpec const& spec, std::stop_token const& stop,
                                                  Roster::Notice const& notice) {
  auto const begun = Clock::now();
  auto const limit = std::chrono::duration<double>(spec.band.value_or(DeviceBand{}).wait_s);
  auto const deadline = begun + std::chrono::duration_cast<Clock::duration>(limit);
  // What it last said may be half a minute old; one that is there says so again at once.
  if (!in_session(spec.device)) roster_->forget(spec.device);
  std::optional<std::string> told;
  Asking asking;
  while (!stop.stop_requested()) {
    auto why = unfit(spec);
    bool const waited = Clock::now() - begun >= look_again;
    std::unique_lock lock(mutex_);
    if (!why) {
      in_vain_.erase(spec.device);
      lock.unlock();
      if (told && notice) notice(std::format("{} is fit again", spec.device));
      return std::nullopt;
    }
    if (Clock::now() >= deadline || (waited && in_vain_.contains(spec.device))) {
      in_vain_.insert(spec.device);
      return std::format("the device {} was waited for in vain: {}", spec.device, *why);
    }
    lock.unlock();
    if (waited && told != why) {
      if (notice) notice(std::format("waits for {}: {}", spec.device, *why));
      told = std::move(why);
    }
    auto const ask = asking.now();
    roster_->wait(std::min(deadline, asking.until()), stop, ask);
  }
  return std::nullopt;
}

Result<std::string> Coordinator::digest_of_file(std::filesystem::path const& file) {
  std::error_code error;
  auto const written = std::filesystem::last_write_time(file, error);
  auto const bytes = error ? 0 : std::filesystem::file_size(file, error);
  if (error) return fail(std::format("{} cannot be read: {}", file.string(), error.message()));
  {
    std::scoped_lock const lock(mutex_);
    auto const known = digests_.find(file);
    if (known != digests_.end() && known->second.written == written && known->second.bytes == bytes)
      return known->second.digest;
  }
  EDGELAB_TRY(digest, probe::sha256_of(file));
  std::scoped_lock const lock(mutex_);
  digests_.insert_or_assign(file, Digest{written, bytes, digest});
  return digest;
}

}  // namespace edgelab::fleet
