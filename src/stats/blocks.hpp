// Trials sorted by cell and block, and the values of one metric in them: what estimates are made of.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "stats/estimate.hpp"
#include "stats/metrics.hpp"

namespace edgelab::stats {

using BlockTrials = std::map<std::int32_t, TrialResult const*>;   // by block
using BlockValues = std::map<std::int32_t, double>;

// The trials of one cell. Points into the span it was made from.
struct CellTrials {
  BlockTrials timed;                            // ok ones
  BlockTrials memory;                           // ok ones
  std::vector<TrialResult const*> not_ok;       // of any kind, in the order they ran, without interrupted ones
  std::int32_t timed_ended = 0;                 // timed trials, ok or not, without interrupted ones
  std::int32_t warmup = 0;
};

// One entry a cell of the plan. Trials of cells that the plan does not have are ignored.
[[nodiscard]] std::vector<CellTrials> by_cell(Plan const& plan, std::span<TrialResult const> trials);

// A metric of a cell, block by block, where the block has it.
[[nodiscard]] BlockValues values_of(MetricDef const& metric, CellTrials const& cell, CellTrials const& baseline);

// log(cell / other) of the blocks in which both have a positive value.
[[nodiscard]] BlockValues log_ratio_of(BlockValues const& cell, BlockValues const& other);

// The values alone, in the order of the blocks.
[[nodiscard]] std::vector<double> list_of(BlockValues const& values);

}  // namespace edgelab::stats
