// A child process that is spoken to in lines: its standard input and output are pipes, its standard error a file.
//
// No process is left behind: the child leads a process group of its own, which is killed with the object; on
// Linux the child is also killed by the system when the thread that started it ends, however it ends, so
// start() is called on a thread that outlives the child. Everywhere the child sees end of file on its input.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"

namespace edgelab {

struct ProcessExit {
  std::optional<int> code;      // of a process that ended by itself
  std::optional<int> signal;    // of one that a signal ended
  bool killed_by_us = false;    // by kill() or the end of a grace
  bool out_of_memory = false;   // killed, and the system counted an out-of-memory kill while the process lived

  // "exited with status 3", "killed by SIGSEGV", "killed by SIGKILL: the system may have run out of memory".
  [[nodiscard]] std::string describe() const;
};

// Where a program is that is named without a folder: along PATH. One with a folder in its name is itself, if it can be
// executed. Nullopt: nowhere.
[[nodiscard]] std::optional<std::filesystem::path> find_program(std::string const& name);

class ChildProcess {
 public:
  struct Options {
    std::vector<std::string> command;     // a program, looked up along PATH unless it has a slash, and its arguments
    std::filesystem::path stderr_file;    // appended to; empty: thrown away
    std::size_t max_line_bytes = 1 << 20; // of its output; a longer line is an error, never memory
  };

  [[nodiscard]] static Result<std::unique_ptr<ChildProcess>> start(Options options);
  ~ChildProcess();                        // kills and reaps
  ChildProcess(ChildProcess const&) = delete;
  ChildProcess& operator=(ChildProcess const&) = delete;

  [[nodiscard]] std::int64_t id() const;   // as the system numbers it, until it has been reaped

  // Queues text for the child's input; it is written while read_line() or finish() runs. What a child that has
  // died or closed its input can no longer take is dropped: read_line() tells. May be called from any thread.
  void send(std::string text);

  // Makes the read_line() in progress, or else the next one, return `woken`. May be called from any thread.
  void wake();

  enum class NoLine : std::uint8_t { closed, deadline_passed, too_long, woken };
  // The next line of output without its newline; the view is valid until the next call. `closed` also when the
  // process has ended while something it started holds the pipe open. Text after the last newline is no line.
  [[nodiscard]] std::expected<std::string_view, NoLine> read_line(Clock::time_point deadline);

  // What came after the last newline. REQUIRES: read_line() has said `closed`.
  [[nodiscard]] std::string rest() const;

  // Writes what is queued, closes the child's input, drops further output, waits for it to end; kills it when
  // the grace is over. May be called again; so may kill(), which does not wait.
  ProcessExit finish(std::chrono::milliseconds grace);
  ProcessExit kill();

  // Stops the process and all it has started where they are, until resume(); one that is stopped can be killed. It is
  // then neither heard nor reaped by itself.
  void pause();
  void resume();

  // The last lines this process wrote to its standard error, at most 2 KiB.
  [[nodiscard]] std::string stderr_tail(std::size_t max_lines) const;

  // What the system says of the process itself, without processes it started. Absent where it says nothing.
  [[nodiscard]] bool reset_peak_rss();
  [[nodiscard]] std::optional<std::int64_t> peak_rss_bytes() const;
  [[nodiscard]] std::optional<std::chrono::nanoseconds> cpu_time() const;   // of all its threads, ended ones too

 private:
  struct Impl;
  explicit ChildProcess(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace edgelab
