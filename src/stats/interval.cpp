#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>

#include "stats/estimate.hpp"

namespace edgelab::stats {

Interval mean_interval(std::span<double const> values) {
  Interval interval;
  interval.n = static_cast<std::int32_t>(values.size());
  if (values.empty()) return interval;

  auto const n = static_cast<double>(values.size());
  double sum = 0.0;
  for (double const value : values) sum += value;
  interval.estimate = sum / n;
  if (values.size() < 2) return interval;

  double squares = 0.0;
  for (double const value : values) squares += (value - interval.estimate) * (value - interval.estimate);
  double const standard_error = std::sqrt(squares / (n - 1.0) / n);
  double const t = boost::math::quantile(boost::math::students_t(n - 1.0), 0.975);
  interval.ci95 = {interval.estimate - t * standard_error, interval.estimate + t * standard_error};
  return interval;
}

Interval paired_ratio(std::span<double const> a, std::span<double const> b) {
  std::vector<double> logs;
  logs.reserve(a.size());
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    if (a[i] > 0.0 && b[i] > 0.0) logs.push_back(std::log(a[i]) - std::log(b[i]));
  auto interval = mean_interval(logs);
  // Two blocks that differ wildly give a bound beyond what a double holds; the largest one says the same, and files
  // can hold it.
  auto const back = [](double log) { return std::min(std::exp(log), std::numeric_limits<double>::max()); };
  interval.estimate = back(interval.estimate);
  if (interval.ci95) interval.ci95 = {back((*interval.ci95)[0]), back((*interval.ci95)[1])};
  return interval;
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
