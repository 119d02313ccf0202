// Whether an executor's times are those at which things happened: what it reported when the trial had ended, against
// what was heard while it ran. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "types/audit.hpp"
#include "types/timeline.hpp"

namespace edgelab::stats {

// An emission as it was heard. Times are nanoseconds of the coordinator's clock since it asked for the trial.
struct Heard {
  std::string request;
  std::int32_t tokens = 0;
  std::int64_t at_ns = 0;
};

struct LiveTrial {
  Timeline const* timeline = nullptr;  // REQUIRED; one that check_timeline accepts
  std::span<Heard const> heard;        // in the order of arrival
  std::int64_t answered_ns = 0;        // when the first part of the timeline arrived
  std::int64_t pipe_ns = 0;            // round trip of an empty message; 0: not known
};

// The clocks' offset is not known: a trial starts, on the executor's clock, some time after it was asked for. But it is
// the same for every emission, and there are three things that an honest executor cannot do:
//
// - report a token for later than it was heard (the offset would be negative);
// - report tokens that were heard after the trial must have been over. The trial's end, as reported, cannot have come
//   after the timeline arrived, which bounds the offset from above; what emissions say of it must lie below that.
//   `early_ms` is the median, over emissions, of what is above. An honest executor's is below zero, by what it
//   takes to write the timeline;
// - let the offset grow or shrink over the trial. `drift_ms` is the trend of the offset's minima in forty stretches of
//   the trial: a late arrival moves few of them, a clock that goes wrong all.
//
// What is within ten round trips of the pipe, twice the spread of the arrivals (90 % - 10 %, trend removed) or 2 ms is
// taken for the way through the pipe and no defect: `tolerance_ms`.
[[nodiscard]] LiveCheck compare_live(LiveTrial const& trial);

}  // namespace edgelab::stats
