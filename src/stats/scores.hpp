// Task scores to tables: means, differences from the reference, flips. Pure.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "stats/pareto.hpp"
#include "types/answers.hpp"
#include "types/plan.hpp"
#include "types/summary.hpp"

namespace edgelab::stats {

// One row a cell that has scores. `references` says, for each cell of the plan, which one it is held against. A request counts
// once, with the mean over its answers: those are not independent of one another, and requests are.
[[nodiscard]] std::vector<QualitySummary> task_scores(Plan const& plan, std::span<ScoredAnswer const> scored,
                                                      std::span<std::optional<std::size_t> const> references);

// The same as figures of blocks, to be weighed beside speed and memory.
[[nodiscard]] Axis score_axis(Plan const& plan, std::span<ScoredAnswer const> scored);

}  // namespace edgelab::stats
