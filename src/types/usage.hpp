// What a trial used of the machine, as the coordinator saw it. Absent where nothing tells, never 0.
#pragma once

#include <cstdint>
#include <optional>

namespace edgelab {

// Over the timed window of a trial, from its first arrival to its last end: counters are interpolated at its ends, means are
// over the samples within.
struct Usage {
  double window_s = 0.0;
  double exchange_s = 0.0;  // from asking to the answer, in which the window lies
  std::optional<double> rss_mean_bytes{};  // of the process tree, without what is stopped, as the next four
  std::optional<double> rss_sampled_peak_bytes{};  // where these were several; of one the kernel keeps the peak
  std::optional<double> pss_mean_bytes{};
  std::optional<double> pss_peak_bytes{};
  std::optional<double> swap_peak_bytes{};
  std::optional<double> cpu_s{};  // of the process tree; what moves in steps is absent below 0.2 s
  std::optional<double> major_faults{};
  std::optional<double> minor_faults{};
  std::optional<double> voluntary_switches{};  // these two of the whole exchange
  std::optional<double> involuntary_switches{};
  std::optional<double> others_busy_cores{};  // taken by neither the tree nor the coordinator
  std::optional<double> cpu_mhz{};  // mean, of the fastest core
  std::optional<double> temp_mean_c{};  // of the hottest sensor
  std::optional<double> temp_max_c{};
  std::optional<bool> throttled{};  // in the whole exchange
  std::optional<double> energy_j{};
};

// What does not change from trial to trial, and figures are made with.
struct MachineRates {
  std::optional<double> idle_w{};  // power while nothing of ours runs
  std::optional<double> memory_bytes_per_s{};  // that a triad over large arrays gets
};

}  // namespace edgelab
