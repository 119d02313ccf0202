#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>

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
  auto const at_most = [&](std::size_t k) { return boost::math::cdf(below, static_cast<double>(k)); };
  std::optional<std::pair<std::size_t, std::size_t>> best;
  for (std::size_t low = 0; low < n; ++low)
    for (std::size_t high = low + 1; high < n; ++high) {
      if (at_most(high) - at_most(low) < 0.95) continue;
      auto const off = [&](std::size_t a, std::size_t b) {
        return std::abs(static_cast<double>(a + b) / 2.0 - q * static_cast<double>(n - 1));
      };
      auto const width = high - low;
      if (!best || width < best->second - best->first ||
          (width == best->second - best->first && off(low, high) < off(best->first, best->second)))
        best = {low, high};
      break;  // a higher one is only wider
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
