// A way to an executor, in lines: pipes to a process here, or a session with a device elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/process.hpp"
#include "types/trial.hpp"

namespace edgelab::executor {

// Not thread-safe, but wake() may be called from any thread. The destructor ends whatever is at the other end.
class Channel {
 public:
  virtual ~Channel() = default;

  // Queues a line, its newline included. What the other end can no longer take is dropped: read_line() tells.
  virtual void send(std::string line) = 0;
  // Makes the read_line() in progress, or else the next one, return `woken`.
  virtual void wake() = 0;
  using NoLine = ChildProcess::NoLine;
  // The next line of the executor's, without its newline; the view is valid until the next call.
  [[nodiscard]] virtual std::expected<std::string_view, NoLine> read_line(Clock::time_point deadline) = 0;

  // Why read_line() says `closed`, for a trial's row: "died during run: killed by SIGSEGV".
  struct Ending {
    Status status = Status::failed;     // failed | oom
    std::string what;                   // begins with a verb; `during` is part of it
  };
  [[nodiscard]] virtual Ending ending(std::string_view during) = 0;
  virtual void kill() = 0;              // at once, with all it started; does not wait
  virtual void part() = 0;              // bye has been sent: a short grace, then kill()
  [[nodiscard]] virtual std::string last_words() const = 0;   // the end of its standard error; may be empty

  // Of the process as this machine's system numbers and measures it; nothing where it runs elsewhere.
  [[nodiscard]] virtual std::optional<std::int64_t> process_id() const { return std::nullopt; }
  [[nodiscard]] virtual bool reset_peak_rss() { return false; }
  [[nodiscard]] virtual std::optional<std::int64_t> peak_rss_bytes() const { return std::nullopt; }
  [[nodiscard]] virtual std::optional<std::chrono::nanoseconds> cpu_time() const { return std::nullopt; }
};

}  // namespace edgelab::executor
