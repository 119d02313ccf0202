#include "bridge/fllama/relay.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <variant>

namespace edgelab::bridge::fllama {

namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 20ms;         // at whether it is still wanted
constexpr auto to_leave = 2s;             // after bye
constexpr auto to_greet = 30s;
constexpr std::size_t last_lines = 8;

// What comes before the last answer is handed on as it stands: there is no time to read a timeline.
bool is_part(std::string_view line) {
  return std::ranges::any_of(std::array{R"({"type":"timeline")", R"({"type":"emission")", R"({"type":"progress")"},
                             [&](std::string_view begin) { return line.starts_with(begin); });
}

}  // namespace

bool Relay::answer(Result<wire::Request> const& message) {
  if (!message) {
    fail(0, {"bad-request", message.error().describe()});
    return true;
  }
  if (std::holds_alternative<protocol::Bye>(*message)) {
    if (process_) (void)process_->kill();
    return false;
  }
  std::visit(
      [this](auto const& request) {
        if constexpr (requires { on(request); }) on(request);
      },
      *message);
  return true;
}

void Relay::fail(std::int64_t id, Refusal const& refusal) {
  send_(wire::encode(protocol::Failure{id, refusal.kind, refusal.reason}));
}

void Relay::lost(std::int64_t id, std::string const& how) {
  auto const exit = process_->kill();
  auto const tail = process_->stderr_tail(last_lines);
  process_.reset();
  ran_.reset();
  fail(id, {exit.out_of_memory ? "oom" : "failed",
            std::format("the process that holds libfllama {}{}", how.empty() ? exit.describe() : how,
                        tail.empty() ? "" : "; its standard error ended with:\n" + tail)});
}

std::optional<wire::Reply> Relay::read_reply(std::int64_t id) {
  auto const line = process_->read_line(Clock::now() + to_greet);
  if (!line) {
    lost(id, line.error() == ChildProcess::NoLine::closed ? "" : "says nothing");
    return std::nullopt;
  }
  auto reply = wire::decode_reply(*line);
  if (reply) return *std::move(reply);
  lost(id, "says what is no message: " + reply.error().describe());
  return std::nullopt;
}

bool Relay::have_process(std::int64_t id) {
  if (process_) return true;
  auto started =
      ChildProcess::start({.command = command_, .stderr_file = log_, .max_line_bytes = protocol::max_line_bytes});
  if (!started) {
    fail(id, {"failed", started.error().describe()});
    return false;
  }
  process_ = *std::move(started);
  ran_.reset();
  return true;
}

bool Relay::have_process_for(protocol::Run const& run) {
  Ran const wanted{load_ ? load_->model : "", configuration_(run.flags)};
  if (process_ && (!ran_ || *ran_ == wanted)) {
    ran_ = wanted;
    return true;
  }
  if (process_) {
    process_->send(wire::encode(protocol::Bye{}));
    (void)process_->finish(to_leave);
    process_.reset();
  }
  if (!have_process(run.id)) return false;
  process_->send(wire::encode(protocol::Hello{}));
  auto const greeted = read_reply(run.id);
  if (!greeted) return false;
  ran_ = wanted;
  if (!load_) return true;
  process_->send(wire::encode(*load_));
  auto const loaded = read_reply(run.id);
  if (!loaded) return false;
  auto const* const failure = std::get_if<protocol::Failure>(&*loaded);
  if (failure != nullptr) fail(run.id, {failure->kind, failure->reason});
  return failure == nullptr;
}

void Relay::pass_cancels(std::int64_t id, std::size_t& passed, bool& all) {
  if (stop_.requested() && !all) {
    all = true;
    process_->send(wire::encode(protocol::Cancel{.id = id, .request = {}}));
  }
  auto const requests = stop_.cancelled_requests();
  for (; passed < requests.size(); ++passed)
    process_->send(wire::encode(protocol::Cancel{.id = id, .request = requests[passed]}));
}

std::optional<wire::Reply> Relay::pass_on(std::int64_t id) {
  std::size_t passed = 0;
  bool all = false;
  for (;;) {
    pass_cancels(id, passed, all);
    auto const line = process_->read_line(Clock::now() + look_every);
    if (!line) {
      if (line.error() == ChildProcess::NoLine::deadline_passed || line.error() == ChildProcess::NoLine::woken)
        continue;
      lost(id, line.error() == ChildProcess::NoLine::too_long ? "writes a line that is too long" : "");
      return std::nullopt;
    }
    if (is_part(*line)) {
      send_(std::string(*line) + "\n");
      continue;
    }
    auto reply = wire::decode_reply(*line);
    if (reply) return *std::move(reply);
    lost(id, "says what is no message: " + reply.error().describe());
    return std::nullopt;
  }
}

void Relay::on(protocol::Hello const& message) {
  if (!have_process(0)) return;
  process_->send(wire::encode(message));
  if (auto const reply = read_reply(0)) std::visit([this](auto const& one) { send_(wire::encode(one)); }, *reply);
}

void Relay::on(protocol::Load const& message) {
  stop_.begin(message.id);
  // A model of an earlier process would stay in its memory.
  if (process_ && ran_ && ran_->model != message.model) process_.reset();
  if (!have_process(message.id)) return;
  process_->send(wire::encode(message));
  auto const reply = pass_on(message.id);
  if (!reply) return;
  if (std::holds_alternative<protocol::Loaded>(*reply)) load_ = message;
  std::visit([this](auto const& one) { send_(wire::encode(one)); }, *reply);
}

void Relay::on(protocol::Run const& message) {
  stop_.begin(message.id);
  if (!have_process_for(message)) return;
  (void)process_->reset_peak_rss();
  process_->send(wire::encode(message));
  auto reply = pass_on(message.id);
  if (!reply) return;
  if (auto* const done = std::get_if<protocol::Done>(&*reply)) done->memory.rss_peak_bytes = process_->peak_rss_bytes();
  std::visit([this](auto const& one) { send_(wire::encode(one)); }, *reply);
}

void Relay::on(protocol::Score const& message) {
  stop_.begin(message.id);
  if (!have_process(message.id)) return;
  process_->send(wire::encode(message));
  if (auto const reply = pass_on(message.id)) std::visit([this](auto const& one) { send_(wire::encode(one)); }, *reply);
}

}  // namespace edgelab::bridge::fllama
