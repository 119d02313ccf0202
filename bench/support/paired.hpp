// Side-by-side measurement: interleaved pairs, the ratio of each pair, and whether a goal is met.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/result.hpp"

namespace edgelab::bench {

// One measurement of one side, in a unit of which more is better (tokens per second, say).
using Measure = std::function<Result<double>()>;

struct Comparison {
  std::string name;               // "decode, edgelab-llama / llama-bench"
  Measure ours;
  Measure theirs;
  std::optional<double> goal;     // of the ratio ours / theirs; nullopt: the ratio is only stated
};

// Measures `pairs` times; which side goes first alternates. Prints a line a pair to stderr and one row of result to
// stdout: median of the ratios, mean ratio with its 95 % interval, and the verdict. A goal is met when the interval's
// upper end reaches it and the median is within 2 % of it. Returns whether it is met (true where there is none).
[[nodiscard]] Result<bool> compare(Comparison const& comparison, int pairs);

}  // namespace edgelab::bench
