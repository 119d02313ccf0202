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
  std::ranges::sort(means);
  double const t = boost::math::quantile(boost::math::students_t(n - 1.0), 1.0 - (1.0 - level) / 2.0);
  double const share = boost::math::cdf(boost::math::normal(), -std::sqrt(n / (n - 1.0)) * t);
  auto const at = [&](double q) {
    double const position = q * static_cast<double>(means.size() - 1);
    auto const low = static_cast<std::size_t>(position);
    return std::lerp(means[low], means[std::min(low + 1, means.size() - 1)], position - std::floor(position));
  };
  return Bounds{at(share), at(1.0 - share)};
}

}  // namespace edgelab::stats
