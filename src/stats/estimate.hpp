// Estimates over blocks. Pure; the distributions come from Boost.Math.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "types/plan.hpp"
#include "types/summary.hpp"
#include "types/trial.hpp"

namespace edgelab::stats {

struct Interval {
  double estimate = 0.0;
  std::optional<Bounds> ci95{};                // absent below two values
  std::int32_t n = 0;                          // values; with 0 of them the estimate means nothing
  std::optional<double> p{};  // of paired_ratio: of a ratio as far from 1 where there is no difference
  std::optional<double> detectable{};  // of paired_ratio: the ratio above 1 that is found four times in five
};

// The level at which t intervals cover 95 in 100. A run that may stop as soon as its intervals are narrow stops more often
// where they are narrow by chance, and an interval of 95 % then covers 93.4 % where that hurts most; one of 95.5 % covers
// 94.2 to 95.5 %, wherever it stops. A run that may stop before ten blocks needs 96.5 % (94.1 to 96.5 % from five blocks
// on; 92.6 % from three). Tests simulate it.
[[nodiscard]] double t_level(Protocol const& protocol);

// Mean with Student's t interval of that level.
[[nodiscard]] Interval mean_interval(std::span<double const> values, double level = 0.95);

// exp(mean(log(a_i / b_i))) with the t interval of the mean log ratio, exponentiated. Pairs in which either
// value is not positive are left out. REQUIRES spans of equal length.
[[nodiscard]] Interval paired_ratio(std::span<double const> a, std::span<double const> b, double level = 0.95);
[[nodiscard]] Interval ratio_interval(std::span<double const> log_ratios, double level = 0.95);

// REQUIRES at least one value.
[[nodiscard]] double median(std::vector<double> values);
// Linear interpolation between order statistics (Hyndman and Fan's type 7). q in 0..1. REQUIRES at least one value.
[[nodiscard]] double quantile(std::vector<double> values, double q);

// Whether the run may stop: in every comparison of a cell with its baseline, `until_metric` was measured in at
// least `min_blocks` blocks (those in which both trials were ok) and half the width of the ratio's interval,
// divided by the ratio, is at most `ci95_within`. Where nothing is compared, the same for the baselines' means.
// Cells that are refused or have not one ok timed trial are left out: more blocks would not change them.
// False without an `until_metric`. `of`: of each cell of the plan whether it is asked about; empty: all are.
[[nodiscard]] bool precise_enough(Plan const& plan, std::span<TrialResult const> trials, std::vector<bool> const& of = {});

// Holds the comparisons against one another (Benjamini and Hochberg): sets p_adjusted of those that have a p, and says
// over how many. The caller knows which comparisons a report concludes from, and names them.
void adjust_for_many(FalseDiscoveries& told, std::span<RatioSummary* const> comparisons);

// The summary of all trials so far, in the order of the plan's cells. `trials` need no timelines.
// Fills cells, blocks, baseline, seed and experiment; the caller adds times and stopped_because.
//
// - Only ok timed trials are averaged; n counts them, one a block. Memory metrics come from ok memory trials.
//   Warm-up trials and failed ones are in no mean, interrupted ones nowhere.
// - Ratios are cell / other, paired within blocks: above 1 is "more", whichever is better.
// - e2e_norm_ms takes the output length from the baseline's trial in the same block.
// - trials.ok counts ok timed trials; trials.failed every timed or memory trial that failed, timed out or ran
//   out of memory; trials.warmup every warm-up trial.
// - status is ok when there is an ok timed trial, and `reason` then names the failures beside it;
//   else `unsupported` when the plan refused the cell or every trial was unsupported; else the most frequent
//   failure (the latest of equally frequent ones) with its last reason; a cell that was never tried is `failed`
//   and says so.
[[nodiscard]] Summary summarise(Plan const& plan, std::span<TrialResult const> trials);

}  // namespace edgelab::stats
