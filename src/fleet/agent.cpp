#include "fleet/agent.hpp"

#include <algorithm>
#include <condition_variable>
#include <format>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>

#include "core/process.hpp"
#include "fleet/lent.hpp"
#include "fleet/names.hpp"
#include "types/protocol.hpp"
#include "wire/wire.hpp"

namespace edgelab::fleet {

namespace {

using namespace std::chrono_literals;

constexpr auto announce_every = 10s;
constexpr auto hello_within = 30s;
constexpr auto goodbye_grace = 2s;
constexpr auto namesake_within = 500ms;     // another agent of this name answers `who`
constexpr auto namesake_again_within = 2s;  // and does so again

// What came over the bus and waits for the agent's own thread, on which executors are started.
struct Asked {
  Open open;
  std::string reply;
};

class Agent {
 public:
  Agent(std::shared_ptr<Bus> bus, AgentOptions options, std::stop_token stop)
      : bus_(std::move(bus)), options_(std::move(options)), stop_(std::move(stop)) {}

  Result<void> run() {
    auto const namesake =
        bus_->subscribe(announce_subject(options_.device), [this](Bus::Message const& message) { announced(message); });
    if (!namesake) return std::unexpected(namesake.error());
    if (namesake_answers())
      return fail(std::format("another agent is called {}: end it, or give this one another name with --name",
                              options_.device));
    auto const again = bus_->on_connected_again([this] { stir(); });
    auto const who = bus_->subscribe(who_subject, [this](Bus::Message const&) { stir(); });
    if (!who) return std::unexpected(who.error());
    auto const open =
        bus_->subscribe(open_subject(options_.device), [this](Bus::Message const& message) { asked_for(message); });
    if (!open) return std::unexpected(open.error());
    std::stop_callback const stopped(stop_, [this] { stopping(); });
    while (!stop_.stop_requested()) {
      if (auto closed = bus_->closed()) return fail(*std::move(closed));
      announce();
      if (auto asked = wait()) lend(*asked);
    }
    return {};
  }

 private:
  // On a thread of NATS's: this agent's own announcements come here too.
  void announced(Bus::Message const& message) {
    auto const said = decode_announcement(options_.device, message.body);
    if (!said || said->instance == instance_) return;
    std::scoped_lock const lock(mutex_);
    namesake_heard_ = true;
    changed_.notify_all();
    // Two that start at the same moment do not see each other at the start.
    if (std::exchange(namesake_told_, true) || !serving_) return;
    options_.log(
        std::format("another agent is called {} too: both would serve a session, so end one of them", options_.device));
  }

  // Asked twice: what one said that has ended since may still be on its way.
  bool namesake_answers() {
    for (auto const patience :
         {std::chrono::milliseconds(namesake_within), std::chrono::milliseconds(namesake_again_within)}) {
      std::unique_lock lock(mutex_);
      namesake_heard_ = false;
      bus_->publish(who_subject, "");
      changed_.wait_for(lock, stop_, patience, [this] { return namesake_heard_; });
      if (!namesake_heard_) break;
    }
    std::scoped_lock const lock(mutex_);
    serving_ = true;
    namesake_told_ = false;
    return namesake_heard_;
  }

  void stir() {
    std::scoped_lock const lock(mutex_);
    announce_now_ = true;
    changed_.notify_all();
  }

  void stopping() {
    std::scoped_lock const lock(mutex_);
    if (lent_ != nullptr) lent_->end("the agent ends");
    changed_.notify_all();
  }

  void answer(std::string const& reply, Opened const& opened) {
    if (!reply.empty()) bus_->publish(reply, encode(opened));
    if (!opened && opened.error().kind != "busy")
      options_.log(std::format("refused a session: {}", opened.error().reason));
  }

  // On a thread of NATS's.
  void asked_for(Bus::Message const& message) {
    auto open = decode_open(message.body);
    if (!open) return answer(message.reply, std::unexpected(open.error()));
    if (std::ranges::find(options_.executors, open->executor, &LocalExecutor::id) == options_.executors.end())
      return answer(message.reply, std::unexpected(Refusal{
                                       "unknown", std::format("this device has no executor '{}'", open->executor)}));
    std::unique_lock lock(mutex_);
    if (current_ && lent_ != nullptr && current_->session == open->session)
      return answer(message.reply, instance_);   // its reply was lost
    if (current_ && current_->session == open->session) return;  // it is about to be answered
    if (current_ && open->replaces == current_->session) {
      if (lent_ != nullptr) lent_->end("its coordinator opens another session");
    } else if (current_) {
      return answer(message.reply,
                    std::unexpected(Refusal{"busy", std::format("in a session with {}", current_->coordinator)}));
    }
    if (asked_ && asked_->open.session != open->session && asked_->open.session != open->replaces)
      return answer(
          message.reply,
          std::unexpected(Refusal{"busy", std::format("about to be in a session with {}", asked_->open.coordinator)}));
    asked_ = Asked{*std::move(open), message.reply};
    changed_.notify_all();
  }

  std::optional<Asked> wait() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, announce_every, [this] { return asked_ || announce_now_ || stop_.stop_requested(); });
    announce_now_ = false;
    if (!asked_ || stop_.stop_requested()) return std::nullopt;
    current_ = asked_->open;
    return std::exchange(asked_, std::nullopt);
  }

  void lend(Asked const& asked) {
    auto const& executor = *std::ranges::find(options_.executors, asked.open.executor, &LocalExecutor::id);
    auto lent = Lent::start(bus_, options_, executor, asked.open);
    if (!lent) {
      {
        std::scoped_lock const lock(mutex_);
        current_.reset();
      }
      return answer(asked.reply, std::unexpected(Refusal{"failed", lent.error().describe()}));
    }
    {
      std::scoped_lock const lock(mutex_);
      lent_ = lent->get();
      if (stop_.stop_requested()) lent_->end("the agent ends");
      if (asked_ && asked_->open.replaces == current_->session) lent_->end("its coordinator opens another session");
    }
    answer(asked.reply, instance_);
    options_.log(std::format("lends {} to {}", executor.id, asked.open.coordinator));
    std::jthread const voice([this](std::stop_token const& over) { keep_announcing(over); });
    auto const why = (*lent)->run();
    {
      std::scoped_lock const lock(mutex_);
      lent_ = nullptr;
      current_.reset();
    }
    options_.log(std::format("{} is back: {}", executor.id, why));
  }

  // While this thread is with the executor.
  void keep_announcing(std::stop_token const& over) {
    while (!over.stop_requested()) {
      announce();
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, over, announce_every, [this] { return announce_now_; });
      announce_now_ = false;
    }
  }

  void announce() {
    Announcement announcement{.device = options_.device,
                              .instance = instance_,
                              .agent = options_.program,
                              .session = {},
                              .fetch = true,
                              .executors = {},
                              .facts = options_.facts()};
    for (auto const& executor : options_.executors) announcement.executors.push_back({executor.id, executor.hello});
    {
      std::scoped_lock const lock(mutex_);
      if (current_) announcement.session = current_->session;
    }
    bus_->publish(announce_subject(options_.device), encode(announcement));
  }

  std::shared_ptr<Bus> bus_;
  AgentOptions options_;
  std::stop_token stop_;
  std::string instance_ = random_hex(16);
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool announce_now_ = false;
  bool namesake_heard_ = false;
  bool namesake_told_ = false;
  bool serving_ = false;
  std::optional<Asked> asked_;  // waits to be lent to
  std::optional<Open> current_;  // has it
  Lent* lent_ = nullptr;
};

}  // namespace

Result<std::string> greet(LocalExecutor const& executor, std::filesystem::path const& logs) {
  EDGELAB_TRY(child, ChildProcess::start({.command = executor.command,
                                          .stderr_file = logs / (executor.id + ".log"),
                                          .max_line_bytes = protocol::max_line_bytes}));
  child->send(wire::encode(protocol::Hello{}));
  auto const line = child->read_line(Clock::now() + hello_within);
  if (!line) {
    auto const how = child->finish(0ms);
    auto const words = child->stderr_tail(4);
    return fail(std::format("executor '{}' does not say hello: {}{}{}", executor.id, how.describe(),
                            words.empty() ? "" : ": ", words));
  }
  auto const reply = wire::decode_reply(*line);
  if (!reply || !std::holds_alternative<protocol::HelloReply>(*reply))
    return fail(std::format("executor '{}' does not answer hello with hello", executor.id));
  auto hello = wire::encode(std::get<protocol::HelloReply>(*reply));
  if (hello.ends_with('\n')) hello.pop_back();
  child->send(wire::encode(protocol::Bye{}));
  (void)child->finish(goodbye_grace);
  return hello;
}

Result<void> serve(std::shared_ptr<Bus> bus, AgentOptions options, std::stop_token stop) {
  return Agent(std::move(bus), std::move(options), std::move(stop)).run();
}

}  // namespace edgelab::fleet
