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
  std::optional<std::array<double, 2>> ci95;   // absent below two values
  std::int32_t n = 0;
};

// Mean with Student's t interval.
[[nodiscard]] Interval mean_interval(std::span<double const> values);

// exp(mean(log(a_i / b_i))) with the t interval of the mean log ratio, exponentiated. Pairs in which either
// value is not positive are left out.
[[nodiscard]] Interval paired_ratio(std::span<double const> a, std::span<double const> b);

[[nodiscard]] double median(std::vector<double> values);
// Linear interpolation between order statistics (Hyndman and Fan's type 7). q in 0..1.
[[nodiscard]] double quantile(std::vector<double> values, double q);

// Whether the run may stop: enough blocks, and in every comparison of a cell with its baseline the interval
// of `until_metric` is narrower than asked. Blocks are those in which both trials were ok.
[[nodiscard]] bool precise_enough(Plan const& plan, std::span<TrialResult const> trials);

// The summary of all trials so far. Only ok timed trials are averaged; memory metrics come from memory trials.
// Fills cells, blocks, baseline, seed and experiment; the caller adds times and stopped_because.
[[nodiscard]] Summary summarise(Plan const& plan, std::span<TrialResult const> trials);

}  // namespace edgelab::stats
