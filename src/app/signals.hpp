// Ctrl-C: the first one asks the run to end, the second ends the program at once.
#pragma once

#include <stop_token>
#include <thread>

namespace edgelab::app {

// While it lives, SIGINT, SIGTERM and SIGHUP request a stop; a second one ends the program with status 130 (its
// executors end with it). A signal that was ignored when the program started stays ignored. At most one at a time.
class StopOnSignal {
 public:
  StopOnSignal();
  ~StopOnSignal();
  StopOnSignal(StopOnSignal const&) = delete;
  StopOnSignal& operator=(StopOnSignal const&) = delete;

  [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  std::thread watcher_;
};

}  // namespace edgelab::app
