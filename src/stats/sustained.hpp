// One cell repeated for a time: throughput against time. Pure.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "types/plan.hpp"
#include "types/summary.hpp"
#include "types/trial.hpp"

namespace edgelab::stats {

// Windows of equal time, ten of them, or as many as hold two trials each on average.
inline constexpr std::int32_t most_windows = 10;

// A cell that has ok trials of that kind, each, in the order of the plan. Time is that of the trials alone, laid end to end: what
// lies between two of them (a context made anew) is some milliseconds, and a resumed run goes on where it was.
[[nodiscard]] std::vector<SustainedSummary> sustained_summaries(Plan const& plan, std::span<TrialResult const> trials);

// exp(mean log of b − mean log of a) with Welch's t interval: of two groups that may vary differently. The ratio is absent
// where one is empty or holds a value that is not positive; the interval where one has fewer than two.
struct UnpairedRatio {
  double ratio = 1.0;
  std::optional<Bounds> ci95{};
};
[[nodiscard]] std::optional<UnpairedRatio> unpaired_ratio(std::span<double const> b, std::span<double const> a);

}  // namespace edgelab::stats
