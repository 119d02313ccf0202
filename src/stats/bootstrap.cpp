#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "stats/inference.hpp"

namespace edgelab::stats {

std::optional<Bounds> bootstrap_mean(std::span<double const> values, std::uint64_t seed, double level) {
  constexpr std::size_t fewest = 5;
  if (values.size() < fewest) return std::nullopt;
  auto const n = static_cast<double>(values.size());
  Resampler random(seed);
  std::vector<double> means(resamples);
  for (auto& mean : means) {
    double sum = 0.0;
    for (std::size_t i = 0; i < values.size(); ++i) sum += values[random.below(values.size())];
    mean = sum / n;
  }
  return expanded_percentiles(std::move(means), values.size(), level);
}

Bounds expanded_percentiles(std::vector<double> resampled, std::size_t n, double level) {
  auto const count = static_cast<double>(n);
  std::ranges::sort(resampled);
  double const t = boost::math::quantile(boost::math::students_t(count - 1.0), 1.0 - (1.0 - level) / 2.0);
  double const share = boost::math::cdf(boost::math::normal(), -std::sqrt(count / (count - 1.0)) * t);
  auto const at = [&](double q) {
    double const position = q * static_cast<double>(resampled.size() - 1);
    auto const low = static_cast<std::size_t>(position);
    return std::lerp(resampled[low], resampled[std::min(low + 1, resampled.size() - 1)], position - std::floor(position));
  };
  return {at(share), at(1.0 - share)};
}

}  // namespace edgelab::stats
