// What an executor's answers mean, however they came. Pure.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

#include "core/result.hpp"
#include "types/protocol.hpp"
#include "types/timeline.hpp"
#include "types/trial.hpp"

namespace edgelab::executor {

// How an exchange ended when it did not end well.
struct Trouble {
  Status status = Status::failed;      // failed | timeout | oom | unsupported | interrupted
  std::string reason;                  // with the end of the executor's standard error where it died
  bool process_lost = false;           // true: the process is gone (it has been killed if need be)
};

template <typename T>
using Outcome = std::expected<T, Trouble>;

// What an `error` of the executor's ends the exchange with. Only who asked for it is told that something was cancelled.
enum class Cancelled : bool { no, yes };
[[nodiscard]] Trouble trouble_of(protocol::Failure const& failure, Cancelled cancelled);

// Whether the timeline of a run, put together, has columns of fitting lengths and no fewer rows than the trial has requests.
[[nodiscard]] Result<void> check_timeline_of_run(Timeline const& timeline, std::size_t requests);

}  // namespace edgelab::executor
