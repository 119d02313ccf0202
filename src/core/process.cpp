#include "core/process.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/asio/writable_pipe.hpp>
#include <boost/asio/write.hpp>
#include <boost/process/v2/default_launcher.hpp>
#include <boost/process/v2/environment.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/stdio.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <deque>
#include <fstream>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "core/text.hpp"

namespace edgelab {

namespace {

namespace asio = boost::asio;
namespace process = boost::process::v2;
using namespace std::chrono_literals;

constexpr auto liveness_check = 500ms;   // how often a silent child is looked at
constexpr std::size_t tail_bytes = 2048;

// Runs in the child between fork and exec: only calls that are safe there.
struct ChildSetup {
  pid_t parent = ::getpid();

  template <typename Launcher>
  boost::system::error_code on_exec_setup(Launcher&, boost::process::v2::filesystem::path const&,
                                          char const* const*) const {
    ::setpgid(0, 0);   // a Ctrl-C in the terminal is the parent's to handle; kill() reaches grandchildren
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
#ifdef __linux__
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);   // the parent died before the line above
#endif
    return {};
  }
};

// Writing to a pipe whose reader has died raises SIGPIPE in the writing thread. Held back while this lives, and
// taken from the thread's pending signals, so that the write's error is all that remains of it.
class HoldSigpipe {
 public:
  HoldSigpipe() {
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    sigemptyset(&sigpipe_);
    sigaddset(&sigpipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  ~HoldSigpipe() {
    sigset_t pending;
    sigpending(&pending);
    if (!was_pending_ && sigismember(&pending, SIGPIPE) == 1) {
      int signal = 0;
      sigwait(&sigpipe_, &signal);
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  HoldSigpipe(HoldSigpipe const&) = delete;
  HoldSigpipe& operator=(HoldSigpipe const&) = delete;

 private:
  sigset_t sigpipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

std::string signal_name(int signal) {
#ifdef __GLIBC__
  if (char const* name = ::sigabbrev_np(signal)) return std::string("SIG") + name;
#endif
  return "signal " + std::to_string(signal);
}

// Processes the kernel has killed for want of memory since it started, in all control groups.
std::optional<std::int64_t> out_of_memory_kills() {
  std::ifstream vmstat("/proc/vmstat");
  std::string name;
  std::int64_t count = 0;
  while (vmstat >> name >> count)
    if (name == "oom_kill") return count;
  return std::nullopt;
}

}  // namespace

std::string ProcessExit::describe() const {
  if (code) return "exited with status " + std::to_string(*code);
  if (!signal) return "ended in an unknown way";
  std::string text = "killed by " + signal_name(*signal);
  if (out_of_memory) text += ": the system ran out of memory";
  else if (*signal == SIGKILL && !killed_by_us) text += ": the system may have run out of memory";
  return text;
}

struct ChildProcess::Impl {
  explicit Impl(Options given) : options(std::move(given)) {}

  Options options;
  asio::io_context context{1};
  asio::readable_pipe output{context};
  asio::writable_pipe input{context};
  std::optional<process::basic_process<asio::io_context::executor_type>> child;
  pid_t pid = -1;
  std::optional<std::int64_t> kills_before = out_of_memory_kills();
  std::uintmax_t stderr_start = 0;       // size of stderr_file when this process began

  std::array<char, 64 * 1024> chunk{};
  std::string buffer;                    // read and not yet returned
  std::size_t next = 0;                  // start of the next line within buffer
  std::size_t scanned = 0;               // no newline in buffer between next and here
  bool reading = false;
  bool output_ended = false;
  bool discard_output = false;

  std::deque<std::string> outbox;
  bool writing = false;
  bool input_closed = false;
  bool close_when_written = false;
  bool woken = false;

  bool killed_by_us = false;
  std::optional<ProcessExit> exit;       // set once reaped

  void write_next() {
    if (writing) return;
    if (outbox.empty()) {
      if (close_when_written) close_input();
      return;
    }
    writing = true;
    asio::async_write(input, asio::buffer(outbox.front()), [this](boost::system::error_code error, std::size_t) {
      writing = false;
      if (error) {
        close_input();
        return;
      }
      outbox.pop_front();
      write_next();
    });
  }

  void close_input() {
    outbox.clear();
    input_closed = true;
    boost::system::error_code ignored;
    input.close(ignored);
  }

  void read_more() {
    if (reading || output_ended) return;
    reading = true;
    output.async_read_some(asio::buffer(chunk), [this](boost::system::error_code error, std::size_t count) {
      reading = false;
      if (error) output_ended = true;
      else if (!discard_output) buffer.append(chunk.data(), count);
    });
  }

  // Runs what is ready, or waits for something to be; false: nothing was until then.
  bool step(Clock::time_point until) {
    HoldSigpipe const held;
    context.restart();
    return context.run_one_until(until) > 0;
  }

  // Whether it has ended; leaves it to be reaped, so that its group can still be killed under its own number.
  [[nodiscard]] bool ended() const {
    if (exit) return true;
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
  }

  ProcessExit reap() {
    if (exit) return *exit;
    if (!ended()) killed_by_us = true;
    ::kill(-pid, SIGKILL);   // also what the process has started and left behind
    boost::system::error_code ignored;
    child->wait(ignored);
    int const status = child->native_exit_code();
    ProcessExit how;
    how.killed_by_us = killed_by_us;
    if (WIFEXITED(status)) how.code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) how.signal = WTERMSIG(status);
    auto const kills = out_of_memory_kills();
    how.out_of_memory = how.signal == SIGKILL && !killed_by_us && kills && kills_before && *kills > *kills_before;
    exit = how;
    return how;
  }
};

std::optional<std::filesystem::path> find_program(std::string const& name) {
  if (name.find('/') != std::string::npos) {
    std::error_code ignored;
    bool const there = std::filesystem::is_regular_file(name, ignored) && ::access(name.c_str(), X_OK) == 0;
    return there ? std::optional<std::filesystem::path>(name) : std::nullopt;
  }
  auto const found = process::environment::find_executable(process::filesystem::path(name));
  if (found.empty()) return std::nullopt;
  return std::filesystem::path(found.string());
}

ChildProcess::ChildProcess(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ChildProcess::~ChildProcess() {
  (void)kill();
}

Result<std::unique_ptr<ChildProcess>> ChildProcess::start(Options options) {
  if (options.command.empty() || options.command.front().empty()) return fail("cannot start a program: none is named");
  auto impl = std::make_unique<Impl>(std::move(options));
  auto const& command = impl->options.command;
  std::string const& name = command.front();

  process::filesystem::path program(name);
  if (name.find('/') == std::string::npos) {
    program = process::environment::find_executable(program);
    if (program.empty()) return fail("cannot start '" + name + "': No such file or directory along PATH");
  }

  auto const log = impl->options.stderr_file.empty() ? std::filesystem::path("/dev/null") : impl->options.stderr_file;
  struct Descriptor {
    int value;
    ~Descriptor() {
      if (value >= 0) ::close(value);
    }
  } const errors{::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)};
  if (errors.value < 0) {
    return fail("cannot start '" + name + "': its log " + log.string() + " cannot be opened: " + std::strerror(errno));
  }
  std::error_code unknown_size;
  auto const size = std::filesystem::file_size(log, unknown_size);
  if (!unknown_size) impl->stderr_start = size;

  std::vector<std::string> const arguments(command.begin() + 1, command.end());
  boost::system::error_code error;
  try {
    impl->child.emplace(process::default_process_launcher()(
        impl->context, error, program, arguments,
        process::process_stdio{.in = {impl->input}, .out = {impl->output}, .err = {errors.value}}, ChildSetup{}));
  } catch (boost::system::system_error const& thrown) {   // no pipe to be had
    error = thrown.code();
  }
  if (error) return fail("cannot start '" + name + "': " + error.message());
  impl->pid = impl->child->id();
  return std::unique_ptr<ChildProcess>(new ChildProcess(std::move(impl)));
}

std::int64_t ChildProcess::id() const { return impl_->pid; }

void ChildProcess::send(std::string text) {
  asio::post(impl_->context, [impl = impl_.get(), text = std::move(text)]() mutable {
    if (impl->input_closed || impl->close_when_written) return;
    impl->outbox.push_back(std::move(text));
    impl->write_next();
  });
}

void ChildProcess::wake() {
  asio::post(impl_->context, [impl = impl_.get()] { impl->woken = true; });
}

std::expected<std::string_view, ChildProcess::NoLine> ChildProcess::read_line(Clock::time_point deadline) {
  auto& self = *impl_;
  self.buffer.erase(0, self.next);
  self.scanned -= std::min(self.scanned, self.next);
  self.next = 0;
  for (;;) {
    if (std::exchange(self.woken, false)) return std::unexpected(NoLine::woken);
    auto const newline = self.buffer.find('\n', self.scanned);
    if (std::min(newline, self.buffer.size()) > self.options.max_line_bytes) return std::unexpected(NoLine::too_long);
    if (newline != std::string::npos) {
      self.next = self.scanned = newline + 1;
      return std::string_view(self.buffer).substr(0, newline);
    }
    self.scanned = self.buffer.size();
    if (self.output_ended || self.exit) return std::unexpected(NoLine::closed);
    auto const now = Clock::now();
    if (now >= deadline) return std::unexpected(NoLine::deadline_passed);
    self.read_more();
    bool const was_ended = self.ended();   // asked before waiting: what it wrote before it ended is read first
    bool const stirred = self.step(std::min<Clock::time_point>(deadline, now + (was_ended ? 50ms : liveness_check)));
    if (!stirred && was_ended) return std::unexpected(NoLine::closed);
  }
}

std::string ChildProcess::rest() const { return impl_->buffer.substr(impl_->next); }

ProcessExit ChildProcess::finish(std::chrono::milliseconds grace) {
  auto& self = *impl_;
  if (self.exit) return *self.exit;
  auto const deadline = Clock::now() + grace;
  asio::post(self.context, [&self] {
    self.close_when_written = true;
    self.write_next();
  });
  self.discard_output = true;
  self.buffer.clear();
  self.next = self.scanned = 0;
  while (!self.ended() && Clock::now() < deadline) {
    self.read_more();
    if (self.output_ended && self.input_closed) std::this_thread::sleep_for(1ms);
    else (void)self.step(std::min<Clock::time_point>(deadline, Clock::now() + 10ms));
  }
  return self.reap();
}

ProcessExit ChildProcess::kill() { return impl_->reap(); }

void ChildProcess::pause() {
  if (!impl_->exit) ::kill(-impl_->pid, SIGSTOP);
}

void ChildProcess::resume() {
  if (!impl_->exit) ::kill(-impl_->pid, SIGCONT);
}

std::string ChildProcess::stderr_tail(std::size_t max_lines) const {
  std::ifstream file(impl_->options.stderr_file, std::ios::binary | std::ios::ate);
  if (!file) return {};
  auto const end = static_cast<std::uintmax_t>(file.tellg());
  auto const start = std::max(impl_->stderr_start, end > tail_bytes ? end - tail_bytes : 0);
  if (start >= end) return {};
  std::string text(end - start, '\0');
  file.seekg(static_cast<std::streamoff>(start));
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  auto lines = split(trim(text), '\n');
  if (lines.size() > max_lines) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(max_lines));
  return join(lines, "\n");
}

bool ChildProcess::reset_peak_rss() {
#ifdef __linux__
  std::ofstream file("/proc/" + std::to_string(impl_->pid) + "/clear_refs");
  file << "5" << std::flush;
  return static_cast<bool>(file);
#else
  return false;
#endif
}

std::optional<std::int64_t> ChildProcess::peak_rss_bytes() const {
#ifdef __linux__
  std::ifstream file("/proc/" + std::to_string(impl_->pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    long long kibibytes = 0;
    if (std::sscanf(line.c_str(), "VmHWM: %lld kB", &kibibytes) == 1) return kibibytes * 1024;
  }
#endif
  return std::nullopt;
}

std::optional<std::chrono::nanoseconds> ChildProcess::cpu_time() const {
#ifdef __linux__
  clockid_t clock{};
  timespec time{};
  if (impl_->exit || ::clock_getcpuclockid(impl_->pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) {
    return std::nullopt;
  }
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
#else
  return std::nullopt;
#endif
}

}  // namespace edgelab
