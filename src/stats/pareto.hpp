// The Pareto front: rounds that no other beats in everything. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "stats/blocks.hpp"
#include "types/plan.hpp"
#include "types/summary.hpp"
#include "types/trial.hpp"

namespace edgelab::stats {

// A figure that is no metric of trials (a task's score): higher is better, and differences of it count, not ratios.
struct Axis {
  std::string name;
  std::vector<BlockValues> values;               // one entry a cell of the plan
  bool by_block = true;  // false: one value a cell; a hundredth more or less is then the same
};

// For each model, executor and workload, over `plan.experiment.pareto`; where that is empty over speed (`system_tps` where
// requests overlap, else `decode_tps`), `ttft_ms`, `rss_peak_bytes` and every further axis, as far as they were measured.
//
// One round beats another where it is better in each of them for certain, that is where the paired interval leaves out "no
// difference", or the same; and better in one. All others share the front. Memory figures have no interval, being from a
// single trial: there, 1 % is the same. The probability is the share of resamples of blocks in which no other round is
// better or as good in all means.
[[nodiscard]] std::vector<ParetoSummary> pareto(Plan const& plan, std::span<TrialResult const> trials,
                                                std::span<Axis const> further = {});

}  // namespace edgelab::stats
