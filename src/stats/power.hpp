// How many blocks an effect needs. Pure; distributions from Boost.Math.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace edgelab::stats {

// Of a sample, with n - 1. 0 below two values.
[[nodiscard]] double standard_deviation(std::span<double const> values);

// The mean that is found four times in five among n values of that standard deviation: t at the interval's level plus t
// at 80 %, times the standard error. Within 2 % of what the noncentral t distribution gives, from three values on.
// REQUIRES n of 2 or more.
[[nodiscard]] double detectable_mean(double deviation, std::int32_t n, double level);

// The fewest blocks, three or more, in which a ratio of 1 + `effect` is found four times in five, where log ratios have
// that standard deviation from block to block. nullopt: more than `most`. REQUIRES an effect above 0.
[[nodiscard]] std::optional<std::int32_t> blocks_needed(double deviation, double effect, double level,
                                                        std::int32_t most = 100'000);

}  // namespace edgelab::stats
