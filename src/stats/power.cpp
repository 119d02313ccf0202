#include "stats/power.hpp"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

namespace edgelab::stats {

double standard_deviation(std::span<double const> values) {
  if (values.size() < 2) return 0.0;
  auto const n = static_cast<double>(values.size());
  double const mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0.0;
  for (double const value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / (n - 1.0));
}

double detectable_mean(double deviation, std::int32_t n, double level) {
  boost::math::students_t const distribution(n - 1.0);
  return (boost::math::quantile(distribution, 1.0 - (1.0 - level) / 2.0) + boost::math::quantile(distribution, 0.8)) *
         deviation / std::sqrt(n);
}

std::optional<std::int32_t> blocks_needed(double deviation, double effect, double level, std::int32_t most) {
  constexpr std::int32_t fewest = 3;
  double const wanted = std::log1p(effect);
  auto const enough = [&](std::int32_t n) { return detectable_mean(deviation, n, level) <= wanted; };
  if (!enough(most)) return std::nullopt;
  std::int32_t low = fewest;
  std::int32_t high = most;
  while (low < high) {   // it falls with n
    auto const middle = low + (high - low) / 2;
    if (enough(middle))
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

}  // namespace edgelab::stats
