// What was read while a trial ran, and what follows from it for a part of that time. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/clock.hpp"
#include "probe/process_tree.hpp"
#include "types/usage.hpp"

namespace edgelab::probe {

// Readings of one moment. What was not due then, or is not told, is absent.
struct Sample {
  Clock::time_point at{};
  std::optional<TreeUse> tree{};
  std::optional<std::int64_t> pss_bytes{};
  std::optional<std::int64_t> swap_bytes{};
  std::optional<double> busy_s{};                  // of all cores, since the machine started
  double own_s = 0.0;                              // CPU time of this program
  std::optional<double> temp_c{};
  std::optional<double> mhz{};
  std::optional<bool> cooled{};                    // by slowing the processor down
  std::optional<double> energy_j{};
};

struct Trace {
  std::vector<Sample> samples;                     // in order of time
  std::optional<Switches> switches_before{};
  std::optional<Switches> switches_after{};
  std::optional<std::int64_t> throttles_before{};
  std::optional<std::int64_t> throttles_after{};
  std::optional<std::int64_t>
      helpers_peak_bytes{};   // sum of the peaks of what the executor started and is there at the end
};

// For the time from `from` to `to`, cut to what the trace covers. A mean of which no sample falls into that time is over all
// of them: a trial may be shorter than the time between two. CPU time, load and energy, which move in steps, are absent below
// 0.2 s.
[[nodiscard]] Usage usage_of(Trace const& trace, Clock::time_point from, Clock::time_point to);

}  // namespace edgelab::probe
