// Statistics that know nothing of trials: tests, resampling, order statistics. Pure; distributions from Boost.Math.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include "types/findings.hpp"

namespace edgelab::stats {

// Draws with replacement. The generator is the same with every standard library (the distributions are not, so none
// is used): a seed means one resample everywhere.
class Resampler {
 public:
  explicit Resampler(std::uint64_t seed) : random_(seed) {}
  // Below n, as likely as another but for n in 2^32. REQUIRES n > 0 and below 2^32.
  [[nodiscard]] std::size_t below(std::size_t n) {
    // A draw of 64 bits is good for two of 32.
    bits_ = left_ ? bits_ >> 32U : random_();
    left_ = !left_;
    return static_cast<std::size_t>(((bits_ & 0xFFFFFFFFU) * static_cast<std::uint64_t>(n)) >> 32U);
  }

 private:
  std::mt19937_64 random_;
  std::uint64_t bits_ = 0;
  bool left_ = false;
};

inline constexpr std::int32_t resamples = 2000;

// Interval of the mean by the bootstrap: the percentile interval, expanded as Hesterberg (2015) does. The plain one is
// narrow by sqrt((n - 1) / n) and by the normal's quantiles in place of t's, which costs 5 points of coverage at ten
// values; BCa corrects skewness and not this, which is what matters with ten to thirty blocks. Absent below five.
[[nodiscard]] std::optional<Bounds> bootstrap_mean(std::span<double const> values, std::uint64_t seed,
                                                   double level = 0.95);

// What bootstrap_mean does with the means of its resamples, for any figure: their percentiles, expanded for `n` values.
// REQUIRES at least two of both.
[[nodiscard]] Bounds expanded_percentiles(std::vector<double> resampled, std::size_t n, double level = 0.95);

// Interval of sum(values) / sum(weights), as of a mean over tokens, where pairs of the two (texts) are what was drawn. On either
// side the farther of two bounds: the bootstrap-t's (Efron 1982, section 10.7; Davison and Hinkley 1997, section 5.2; with the
// ratio's linearised standard error) and Student's t's. What a text loses is skewed to the right, and with few texts the
// percentile interval and Student's t have the truth above them up to seven times as often as they should; differences of
// such losses are not, and there it is the bootstrap-t that is too narrow (docs/METRICS.md has figures, a test simulates
// them). The price is width. Where so few pairs differ from the others that resamples often have no spread, Student's t
// alone; of no width where all have one ratio. Absent below five. REQUIRES spans of one length, weights above 0.
[[nodiscard]] std::optional<Bounds> drawn_ratio_interval(std::span<double const> values, std::span<double const> weights,
                                                         std::uint64_t seed, double level = 0.95);

// Distribution-free interval of a quantile: the pair of order statistics nearest around it that covers 95 in 100 or more
// (binomial). Absent where even the extremes do not.
[[nodiscard]] std::optional<Bounds> quantile_interval(std::vector<double> values, double q);

// Benjamini and Hochberg's step-up: p values so adjusted that calling what is at most `rate` a difference makes, on
// average, at most that share of such calls wrong. In the order given. Valid where tests are independent or hang
// together positively, as comparisons with one baseline do.
[[nodiscard]] std::vector<double> benjamini_hochberg(std::span<double const> p);

// Clopper and Pearson's interval of a probability, from so many of n: 95 in 100 or more. REQUIRES n > 0.
[[nodiscard]] Bounds proportion_interval(std::int32_t count, std::int32_t n);

// McNemar's exact test, two-sided: how likely flips are to be spread so unevenly where both directions are as likely.
[[nodiscard]] double mcnemar(std::int32_t right_to_wrong, std::int32_t wrong_to_right);

// Trend over equally spaced values: Theil and Sen's slope, which one spike in four does not move, over the whole
// length; and Mann and Kendall's test. Exact up to twenty values without ties. Absent below five.
struct Trend {
  double change = 0.0;  // last - first
  double p = 1.0;
};
[[nodiscard]] std::optional<Trend> trend(std::span<double const> values);

// Indices of values that are further from the median than five standard deviations, these by the median absolute
// deviation, which what is far out does not widen. None below five values, or where half of all are equal.
[[nodiscard]] std::vector<std::size_t> outliers(std::span<double const> values);

}  // namespace edgelab::stats
