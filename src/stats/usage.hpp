// What a trial used of the machine -> metrics. Pure.
#pragma once

#include <optional>
#include <vector>

#include "types/timeline.hpp"
#include "types/trial.hpp"
#include "types/usage.hpp"

namespace edgelab::stats {

// Of a timed trial, in the order of the table; what is not told is left out. REQUIRES a timeline that check_timeline accepts.
[[nodiscard]] std::vector<Metric> usage_metrics(Usage const& usage, MachineRates const& machine,
                                                Timeline const& timeline);

// Of a memory trial.
[[nodiscard]] std::vector<Metric> memory_usage_metrics(Usage const& usage);

// Of the memory bandwidth that decoding could have, the share that reading weights and KV cache took. Each pass of the target
// model is taken to read all its weights once, and of the KV cache what is filled, the mean over the trial: docs/METRICS.md.
// `context_cells` is how many tokens the cache has room for, of all sequences together. Absent where a size is unknown, or
// where the timeline has no steps and its passes cannot be told by its emissions.
[[nodiscard]] std::optional<double> bandwidth_use(Timeline const& timeline, MemoryUse const& memory,
                                                  std::optional<double> context_cells, MachineRates const& machine);

}  // namespace edgelab::stats
