#include "app/signals.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

#include "app/cli.hpp"

namespace edgelab::app {

namespace {

constexpr std::array signals{SIGINT, SIGTERM, SIGHUP};
constexpr char stop_requested = 's';
constexpr char watcher_ends = 'e';

// What the handler may touch: it can only count and write a byte. A thread does the rest.
std::array<int, 2> wake_pipe{-1, -1};
std::atomic<int> received{0};
std::array<struct sigaction, signals.size()> before{};

void write_byte(char byte) {
  ssize_t const written = write(wake_pipe[1], &byte, 1);
  (void)written;   // a full pipe holds a wake-up already
}

extern "C" void on_signal(int /*signal*/) {
  int const saved = errno;
  if (received.fetch_add(1) > 0) _exit(exit_interrupted);
  write_byte(stop_requested);
  errno = saved;
}

}  // namespace

StopOnSignal::StopOnSignal() {
  received = 0;
  if (pipe2(wake_pipe.data(), O_CLOEXEC) != 0) return;
  watcher_ = std::thread([source = source_]() mutable {
    char byte = 0;
    while (read(wake_pipe[0], &byte, 1) < 0 && errno == EINTR) {}
    if (byte == stop_requested) source.request_stop();
  });
  struct sigaction action{};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < signals.size(); ++i) {
    sigaction(signals[i], nullptr, &before[i]);
    if (before[i].sa_handler != SIG_IGN) sigaction(signals[i], &action, nullptr);
  }
}

StopOnSignal::~StopOnSignal() {
  if (!watcher_.joinable()) return;
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &before[i], nullptr);
  write_byte(watcher_ends);
  watcher_.join();
  close(wake_pipe[0]);
  close(wake_pipe[1]);
}

}  // namespace edgelab::app
