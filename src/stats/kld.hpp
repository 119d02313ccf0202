// Distance of distributions: from values a token to figures a cell. Pure.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "types/answers.hpp"
#include "types/findings.hpp"
#include "types/plan.hpp"

namespace edgelab::stats {

// One row for each cell and shape that texts were read for, in the order of the plan. Means are over tokens. Intervals are
// by bootstrap over texts (docs/METRICS.md), since the tokens of one text are not independent; absent
// below five texts.
// `references`: of each cell.
[[nodiscard]] std::vector<KldSummary> divergences(Plan const& plan, std::span<ReadText const> texts,
                                                  std::span<std::optional<std::size_t> const> references);

// The smallest value that at least 99 in 100 do not exceed (the 99th percentile by nearest rank). REQUIRES some.
[[nodiscard]] double p99(std::vector<double> values);

}  // namespace edgelab::stats
