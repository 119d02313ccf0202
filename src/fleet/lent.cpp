#include "fleet/lent.hpp"

#include <condition_variable>
#include <format>
#include <utility>
#include <variant>

#include "fleet/guard.hpp"
#include "fleet/models.hpp"
#include "fleet/names.hpp"
#include "types/protocol.hpp"

namespace edgelab::fleet {

namespace {

using namespace std::chrono_literals;

constexpr auto look_again = 1s;               // how often a silent executor's session is looked at
constexpr auto death_grace = 500ms;
constexpr auto end_grace = 5s;                // for the `end` frame to be acknowledged
constexpr auto tell_every = 1s;               // while a model comes
constexpr std::size_t most_queued_bytes = 32 << 20;
constexpr std::size_t last_lines = 8;

}  // namespace

Lent::Lent(std::shared_ptr<Bus> bus, AgentOptions const& options, std::unique_ptr<ChildProcess> child,
           std::unique_ptr<Session> session)
    : bus_(std::move(bus)), options_(options), child_(std::move(child)), session_(std::move(session)) {
  ears_ = std::jthread([this] { listen(); });
}

Result<std::unique_ptr<Lent>> Lent::start(std::shared_ptr<Bus> bus, AgentOptions const& options,
                                          LocalExecutor const& executor, Open const& open) {
  EDGELAB_TRY(child, ChildProcess::start({.command = executor.command,
                                          .stderr_file = options.logs / (executor.id + ".log"),
                                          .max_line_bytes = protocol::max_line_bytes}));
  EDGELAB_TRY(session, Session::begin(bus, down_subject(open.session), up_subject(open.session), open.lease));
  return std::unique_ptr<Lent>(new Lent(std::move(bus), options, std::move(child), std::move(session)));
}

void Lent::end(std::string reason) {
  {
    std::scoped_lock const lock(mutex_);
    if (why_over_.empty()) why_over_ = std::move(reason);
  }
  over_ = true;
  child_->wake();
  session_->wake();
}

std::string Lent::run() {
  std::string how;
  while (how.empty()) {
    auto const line = child_->read_line(Clock::now() + look_again);
    if (over_) break;
    if (line) {
      session_->send({{},
                      let_up(
                          *line, [this](std::string_view path) { return options_.cache.name_of(path); },
                          [this] { return child_->peak_rss_bytes(); })});
      session_->await_room(most_queued_bytes, over_);
      continue;
    }
    using enum ChildProcess::NoLine;
    if (line.error() == closed) how = child_->finish(death_grace).describe();
    if (line.error() == too_long)
      how = std::format("sent a line longer than {} bytes, and was killed", protocol::max_line_bytes);
  }
  auto words = how.empty() ? std::string{} : child_->stderr_tail(last_lines);
  (void)child_->kill();
  std::string why;
  {
    std::scoped_lock const lock(mutex_);
    why = why_over_.empty() ? how : why_over_;
  }
  // Who has ended it waits for no answer but an acknowledgement.
  if (!session_->broken() && !session_->ending()) {
    session_->send({"end", words.empty() ? why : std::format("{}; its standard error ended with:\n{}", why, words)});
    session_->deliver(Clock::now() + end_grace);
  }
  over_ = true;
  session_->wake();
  ears_.join();
  return why;
}

// On a thread of its own, since fetching takes its time.
void Lent::listen() {
  while (!over_) {
    auto parcel = session_->receive(Clock::now() + look_again);
    if (parcel && !over_) hear(*std::move(parcel));
    if (auto broken = session_->broken(); broken && !over_) end(*std::move(broken));
  }
}

void Lent::hear(Parcel parcel) {
  if (parcel.kind == "end") return end(std::format("the coordinator ended it: {}", parcel.body.substr(0, 500)));
  if (parcel.kind == "fetch") return fetch(parcel);
  if (!parcel.kind.empty())
    return end(std::format("the coordinator sent a frame of the kind '{}'", parcel.kind.substr(0, 40)));
  auto const passed = let_down(parcel.body, [this](std::string_view digest) { return options_.cache.find(digest); });
  if (auto const* const refused = std::get_if<ToCoordinator>(&passed)) {
    options_.log(std::format("refused a message: {}", refused->why));
    return session_->send({{}, refused->line});
  }
  auto const& line = std::get<ToExecutor>(passed);
  if (line.begins_run) (void)child_->reset_peak_rss();
  child_->send(line.line);
}

void Lent::fetch(Parcel const& parcel) {
  auto wanted = decode_fetch(parcel.body);
  if (wanted && !wanted->bytes) wanted = fail("'bytes' is absent");
  if (!wanted) {
    options_.log(std::format("refused to fetch: {}", wanted.error().describe()));
    return end(std::format("a 'fetch' that makes no sense: {}", wanted.error().describe()));
  }
  Fetch answer{.model = wanted->model, .bytes = {}, .reason = {}};
  if (auto const had = fetched(*wanted); !had) {
    answer.reason = had.error().describe();
    answer.damaged = had.error().damaged;
    options_.log(answer.reason);
  }
  session_->send({"fetched", encode(answer)});
}

// All of it has come and is being read: some devices take minutes for that.
std::jthread Lent::tell_meanwhile(Fetch const& wanted) {
  return std::jthread([this, wanted](std::stop_token const& done) {
    std::mutex mutex;
    std::condition_variable_any over;
    std::unique_lock lock(mutex);
    while (!over.wait_for(lock, done, tell_every, [] { return false; }) && !done.stop_requested())
      session_->send({"fetching", encode(Fetch{.model = wanted.model, .bytes = wanted.bytes, .reason = {}})});
  });
}

std::expected<void, NotHere> Lent::fetched(Fetch const& wanted) {
  auto const digest = *digest_of(wanted.model);
  if (options_.cache.find(digest)) return {};
  options_.log(std::format("fetches {}, {} bytes", wanted.model, *wanted.bytes));
  auto told = Clock::now();
  auto const keep_on = [&](std::int64_t bytes) {
    if (Clock::now() - told >= tell_every) {
      told = Clock::now();
      session_->send({"fetching", encode(Fetch{.model = wanted.model, .bytes = bytes, .reason = {}})});
    }
    return !over_ && !session_->broken() && !session_->ending();
  };
  auto const moved = fetch_model(*bus_, digest, *wanted.bytes, options_.cache.part_of(digest), {.keep_on = keep_on});
  if (!moved) return std::unexpected(moved.error());
  auto const hashing = tell_meanwhile(wanted);
  auto const admitted = options_.cache.admit(digest);
  if (!admitted) return std::unexpected(admitted.error());
  return {};
}

}  // namespace edgelab::fleet
