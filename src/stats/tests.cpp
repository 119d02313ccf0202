#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <numeric>

#include "stats/estimate.hpp"
#include "stats/inference.hpp"

namespace edgelab::stats {

namespace {

// P(at least `swaps` pairs out of order) in a random order of n: Kendall's statistic, exactly.
double kendall_tail(std::size_t n, std::size_t swaps) {
  std::vector<double> share{1.0};    // of all orders of i things, those with k pairs out of order
  for (std::size_t i = 2; i <= n; ++i) {
    std::vector<double> next(share.size() + i - 1, 0.0);
    for (std::size_t k = 0; k < share.size(); ++k)
      for (std::size_t step = 0; step < i; ++step) next[k + step] += share[k] / static_cast<double>(i);
    share = std::move(next);
  }
  return std::accumulate(share.begin() + static_cast<std::ptrdiff_t>(std::min(swaps, share.size())), share.end(), 0.0);
}

// Of the normal approximation, with Kendall's correction for ties and the one for continuity.
double kendall_normal_p(std::vector<double> values, double score) {
  auto const n = static_cast<double>(values.size());
  double variance = n * (n - 1.0) * (2.0 * n + 5.0);
  std::ranges::sort(values);
  for (auto it = values.begin(); it != values.end();) {
    auto const end = std::upper_bound(it, values.end(), *it);
    auto const t = static_cast<double>(end - it);
    variance -= t * (t - 1.0) * (2.0 * t + 5.0);
    it = end;
  }
  if (variance <= 0.0) return 1.0;
  double const z = std::max(0.0, std::abs(score) - 1.0) / std::sqrt(variance / 18.0);
  return std::min(1.0, 2.0 * boost::math::cdf(boost::math::complement(boost::math::normal(), z)));
}

}  // namespace

std::vector<double> benjamini_hochberg(std::span<double const> p) {
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, std::ranges::greater{}, [&](std::size_t i) { return p[i]; });
  std::vector<double> adjusted(p.size());
  double least = 1.0;
  auto rank = static_cast<double>(p.size());
  for (auto const i : order) {
    least = std::min(least, p[i] * static_cast<double>(p.size()) / rank);
    adjusted[i] = least;
    rank -= 1.0;
  }
  return adjusted;
}

Bounds proportion_interval(std::int32_t count, std::int32_t n) {
  using boost::math::binomial;
  constexpr double tail = 0.025;
  return {binomial::find_lower_bound_on_p(n, count, tail), binomial::find_upper_bound_on_p(n, count, tail)};
}

double mcnemar(std::int32_t right_to_wrong, std::int32_t wrong_to_right) {
  auto const flips = right_to_wrong + wrong_to_right;
  if (flips <= 0) return 1.0;
  boost::math::binomial const fair(flips, 0.5);
  return std::min(1.0, 2.0 * boost::math::cdf(fair, std::min(right_to_wrong, wrong_to_right)));
}

std::optional<Trend> trend(std::span<double const> values) {
  constexpr std::size_t fewest = 5;
  constexpr std::size_t most_exact = 20;
  auto const n = values.size();
  if (n < fewest) return std::nullopt;
  std::vector<double> slopes;
  double score = 0.0;    // pairs that rise - pairs that fall
  bool tied = false;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = i + 1; j < n; ++j) {
      slopes.push_back((values[j] - values[i]) / static_cast<double>(j - i));
      score += static_cast<double>(values[j] > values[i]) - static_cast<double>(values[j] < values[i]);
      tied = tied || values[j] == values[i];
    }
  Trend found{.change = median(std::move(slopes)) * static_cast<double>(n - 1), .p = 1.0};
  if (tied || n > most_exact) {
    found.p = kendall_normal_p({values.begin(), values.end()}, score);
  } else {
    double const pairs = static_cast<double>(n) * static_cast<double>(n - 1) / 2.0;
    found.p = std::min(1.0, 2.0 * kendall_tail(n, static_cast<std::size_t>((pairs + std::abs(score)) / 2.0)));
  }
  return found;
}

}  // namespace edgelab::stats
