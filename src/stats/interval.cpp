#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "stats/estimate.hpp"
#include "stats/power.hpp"

namespace edgelab::stats {

namespace {

// Two blocks that differ wildly give a bound beyond what a double holds; the largest one says the same, and files
// can hold it.
double back(double log) { return std::min(std::exp(log), std::numeric_limits<double>::max()); }

// An interval that covers 95 in 100 at a nominal level of 95.5 % goes with p values times 1.11: below 0.05 exactly
// where it leaves out "no difference".
double two_sided_p(double mean, double standard_error, double freedom, double level) {
  if (standard_error <= 0.0) return mean == 0.0 ? 1.0 : 0.0;
  double const tail =
      boost::math::cdf(boost::math::complement(boost::math::students_t(freedom), std::abs(mean) / standard_error));
  return std::min(1.0, 2.0 * tail * 0.05 / (1.0 - level));
}

}  // namespace

double t_level(Protocol const& protocol) {
  if (!protocol.until_metric || protocol.min_blocks >= protocol.max_blocks) return 0.95;
  return protocol.min_blocks < 10 ? 0.965 : 0.955;
}

Interval mean_interval(std::span<double const> values, double level) {
  Interval interval;
  interval.n = static_cast<std::int32_t>(values.size());
  if (values.empty()) return interval;

  auto const n = static_cast<double>(values.size());
  interval.estimate = std::accumulate(values.begin(), values.end(), 0.0) / n;
  if (values.size() < 2) return interval;

  double const deviation = standard_deviation(values);
  double const standard_error = deviation / std::sqrt(n);
  boost::math::students_t const distribution(n - 1.0);
  double const t = boost::math::quantile(distribution, 1.0 - (1.0 - level) / 2.0);
  interval.ci95 = {interval.estimate - t * standard_error, interval.estimate + t * standard_error};
  interval.p = two_sided_p(interval.estimate, standard_error, n - 1.0, level);
  interval.detectable = detectable_mean(deviation, interval.n, level);
  return interval;
}

std::vector<double> log_ratios(std::span<double const> a, std::span<double const> b) {
  std::vector<double> logs;
  logs.reserve(a.size());
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    if (a[i] > 0.0 && b[i] > 0.0) logs.push_back(std::log(a[i]) - std::log(b[i]));
  return logs;
}

Interval ratio_interval(std::span<double const> log_ratios, double level) {
  auto interval = mean_interval(log_ratios, level);
  interval.estimate = back(interval.estimate);
  if (interval.ci95) interval.ci95 = {back((*interval.ci95)[0]), back((*interval.ci95)[1])};
  if (interval.detectable) interval.detectable = back(*interval.detectable);
  return interval;
}

Interval paired_ratio(std::span<double const> a, std::span<double const> b, double level) {
  return ratio_interval(log_ratios(a, b), level);
}

double quantile(std::vector<double> values, double q) {
  double const position = std::clamp(q, 0.0, 1.0) * static_cast<double>(values.size() - 1);
  auto const nth = values.begin() + static_cast<std::ptrdiff_t>(std::floor(position));
  std::ranges::nth_element(values, nth);
  double const upper = nth + 1 == values.end() ? *nth : *std::ranges::min_element(nth + 1, values.end());
  return std::lerp(*nth, upper, position - std::floor(position));
}

double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

}  // namespace edgelab::stats
