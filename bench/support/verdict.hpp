// Rows of result: the ratio of two columns, and whether a goal is met.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "support/turns.hpp"

namespace edgelab::bench {

// One row on standard output: the median of the ratios ours / theirs over turns, their mean with its 95 % interval, both
// sides' medians, the verdict. A goal is met when the interval's upper end reaches it and the median is within 2 % of it.
// Returns whether it is met; true where there is none.
bool tell_ratio(std::string_view title, Column const& ours, Column const& theirs, std::optional<double> goal);

// A row a rival. The goal is of the fastest, by the mean over all turns: not of the best of each turn, which noise alone
// would make faster than any of them.
bool tell_against_fastest(std::string_view title, Column const& ours, std::span<Column const> rivals,
                          std::optional<double> goal);

// A column by itself: its median and range.
void tell_alone(std::string_view title, Column const& column);

// What could not be measured, as a missed goal.
bool tell_missing(std::string_view title, std::string_view reason);

}  // namespace edgelab::bench
