// The same rounds on several executors: which techniques transfer, what each makes of its bandwidth, what it cannot express. Pure.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "types/plan.hpp"
#include "types/summary.hpp"
#include "types/trial.hpp"

namespace edgelab::stats {

// The metrics by which a model and a workload (their ids) are looked at.
using MetricsFor = std::function<std::vector<std::string>(std::string const& model, std::string const& workload)>;

// Nullopt below two executors.
//
// A round's effect on an executor is its ratio to the baseline of the same executor, so that how fast the machines are is in no
// comparison. Whether two executors differ in it is tested on the differences of the log ratios, paired by block: both answered the
// same requests there. That holds where they took turns on one machine, where it removes what a block shares, and where
// each ran its own blocks on its own. Executors are held against the first that has the round; all p values are adjusted
// together (Benjamini and Hochberg).
//
// `summary`: of the same trials; its cells are what is told of bandwidth and of what cannot be expressed.
[[nodiscard]] std::optional<AcrossExecutors> across_executors(Plan const& plan, std::span<TrialResult const> trials,
                                                              Summary const& summary, MetricsFor const& metrics_for);

}  // namespace edgelab::stats
