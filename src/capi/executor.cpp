#include "capi/executor.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <string>
#include <utility>

#include "llama/abort_guard.hpp"
#include "llama/backends.hpp"
#include "llama/session.hpp"
#include "serve/inbox.hpp"
#include "serve/stop.hpp"
#include "wire/wire.hpp"

namespace edgelab::capi {

namespace {

// Whether there is an executor in this process.
std::atomic<bool>& taken() {
  static std::atomic<bool> one{false};
  return one;
}

std::string_view without_newline(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

struct Executor::State {
  explicit State(Receive to) : receive(std::move(to)) {}

  serve::Stop stop;
  serve::Inbox inbox{stop};
  Receive receive;
  std::atomic<bool> closed{false};                 // destroyed: nobody listens any more
  std::atomic<bool> ended{false};                  // takes no more messages
  std::atomic<bool> losing{false};
  std::atomic<std::thread::id> receiving;          // the thread that is in `receive`

  // How the thread ended: `over` by itself, `lost` where it will never come back.
  enum class Way : std::uint8_t { running, over, lost };
  std::mutex mutex;
  std::condition_variable changed;
  Way way = Way::running;
  bool has_turn = false;

  void send(std::string_view line) {
    if (closed) return;
    receiving = std::this_thread::get_id();
    try {
      receive(without_newline(line));
    } catch (...) {  // NOLINT(bugprone-empty-catch): a host's exceptions are its own business
    }
    receiving = std::thread::id{};
  }

  void serve() {
    llama::Session session([this](std::string_view lines) { send(lines); }, stop, llama::start_backends());
    while (auto const message = inbox.next())
      if (!session.answer(*message)) break;
  }

  void run() {
    llama::AbortGuard const guard([this](std::string_view why) { lose(why); });
    try {
      serve();
    } catch (std::exception const& error) {
      last_words(std::string("this executor ends: ") + error.what());
    } catch (...) {
      last_words("this executor ends: an exception of no known kind");
    }
    ended = true;
  }

  void last_words(std::string const& why) { send(wire::encode(protocol::Failure{stop.current(), "failed", why})); }

  void lose(std::string_view why) {
    if (losing.exchange(true)) return;    // only the first of several threads has something to tell
    ended = true;
    last_words("llama.cpp cannot go on, and this executor is lost: " + std::string(why));
    end(Way::lost);
  }

  void end(Way how) {
    std::scoped_lock const lock(mutex);
    if (way == Way::running) way = how;
    if (std::exchange(has_turn, false)) taken() = false;
    changed.notify_all();
  }

  // Until its thread will call `receive` no more.
  [[nodiscard]] Way wait() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return way != Way::running; });
    return way;
  }
};

Executor::Executor(std::shared_ptr<State> state)
    : state_(std::move(state)), thread_([own = state_] {
        own->run();
        own->end(State::Way::over);
      }) {}

Result<std::unique_ptr<Executor>> Executor::create(Receive receive) {
  auto state = std::make_shared<State>(std::move(receive));
  if (taken().exchange(true))
    return fail("there is an executor in this process already, and there can be one at a time: destroy it first");
  state->has_turn = true;
  try {
    return std::unique_ptr<Executor>(new Executor(state));
  } catch (...) {
    state->end(State::Way::over);
    throw;
  }
}

Executor::~Executor() {
  state_->closed = true;
  state_->inbox.end();
  bool const within_receive = state_->receiving.load() == std::this_thread::get_id();
  if (!within_receive && state_->wait() == State::Way::over)
    thread_.join();
  else
    thread_.detach();
}

bool Executor::submit(std::string_view message) {
  if (state_->ended) return false;
  // Not only when it is answered: until then what is put in would be taken, and nobody would hear of it again.
  if (state_->inbox.put(message)) state_->ended = true;
  return true;
}

}  // namespace edgelab::capi
