// What the coordinator itself costs: whole runs with the null executor, whose answers cost nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <vector>

#include "core/result.hpp"

namespace edgelab::app {

struct NullRun {
  std::int32_t trials = 1;         // timed ones, of one request
  std::int64_t tokens = 64;        // of that request
};

struct RunCost {
  double cpu_s = 0.0;              // of this process
  double wall_s = 0.0;
};

// A run in a folder of its own, from its first trial to the reports on disk. The loop runs in this process, so that its
// CPU time is the coordinator's alone. Fails where it is stopped.
[[nodiscard]] Result<RunCost> cost_of(NullRun const& run, std::stop_token const& stop = {});

// CPU time in microseconds of what `more` has beyond `less`, for each of `units`: both in turn, as often as `at_most`
// says, but not again once the time is used up. What starting and ending a run costs is in both and cancels.
[[nodiscard]] Result<std::vector<double>> cost_slope_us(NullRun const& less, NullRun const& more, double units,
                                                        int at_most, std::optional<double> time_s = {},
                                                        std::stop_token const& stop = {});

}  // namespace edgelab::app
