#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "stats/estimate.hpp"
#include "stats/inference.hpp"

namespace edgelab::stats {

std::optional<Bounds> quantile_interval(std::vector<double> values, double q) {
  if (values.empty() || q <= 0.0 || q >= 1.0) return std::nullopt;
  auto const n = values.size();
  std::ranges::sort(values);
  // How many values lie below the quantile is binomial: it is between the order statistics low and high (from 0) with the
  // probability that this number is above low and at most high.
  boost::math::binomial const below(static_cast<double>(n), q);
  std::vector<double> at_most(n);
  for (std::size_t k = 0; k < n; ++k)
    at_most[k] = (k > 0 ? at_most[k - 1] : 0.0) + boost::math::pdf(below, static_cast<double>(k));
  auto const off = [&](std::size_t low, std::size_t high) {
    return std::abs(static_cast<double>(low + high) / 2.0 - q * static_cast<double>(n - 1));
  };
  std::optional<std::pair<std::size_t, std::size_t>> best;
  for (std::size_t low = 0, high = 1; low < n; ++low) {
    high = std::max(high, low + 1);
    while (high < n && at_most[high] - at_most[low] < 0.95) ++high;   // a higher low needs no lower high
    if (high == n) break;
    auto const width = high - low;
    if (!best || width < best->second - best->first ||
        (width == best->second - best->first && off(low, high) < off(best->first, best->second)))
      best = {low, high};
  }
  if (!best) return std::nullopt;
  return Bounds{values[best->first], values[best->second]};
}

std::vector<std::size_t> outliers(std::span<double const> values) {
  constexpr std::size_t fewest = 5;
  constexpr double far = 5.0;
  constexpr double to_deviation = 1.4826;  // of a normal distribution: standard / median absolute deviation
  if (values.size() < fewest) return {};
  double const middle = median({values.begin(), values.end()});
  std::vector<double> distances;
  for (double const value : values) distances.push_back(std::abs(value - middle));
  double const deviation = to_deviation * median(distances);
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (deviation > 0.0 && distances[i] > far * deviation) found.push_back(i);
  return found;
}

}  // namespace edgelab::stats
