#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "stats/inference.hpp"

namespace edgelab::stats {

namespace {

struct Ratio {
  double value = 0.0;
  double standard_error = 0.0;    // linearised: that of the mean of (value - ratio x weight), over the mean weight
};

// Of everything as often as `times` says.
Ratio ratio_of(std::span<double const> values, std::span<double const> weights, std::span<std::size_t const> times) {
  auto const n = static_cast<double>(values.size());
  double sum = 0.0;
  double weight = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    sum += static_cast<double>(times[i]) * values[i];
    weight += static_cast<double>(times[i]) * weights[i];
  }
  Ratio ratio{sum / weight, 0.0};
  double squares = 0.0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    double const residual = values[i] - ratio.value * weights[i];
    squares += static_cast<double>(times[i]) * residual * residual;
  }
  ratio.standard_error = std::sqrt(squares / (n - 1.0) / n) / (weight / n);
  return ratio;
}

}  // namespace

std::optional<Bounds> drawn_ratio_interval(std::span<double const> values, std::span<double const> weights,
                                           std::uint64_t seed, double level) {
  constexpr std::size_t fewest = 5;
  constexpr double nothing = 1e-9;    // of the error: what rounding leaves where all that was drawn is alike
  auto const n = values.size();
  if (n < fewest) return std::nullopt;
  std::vector<std::size_t> times(n, 1);
  auto const [estimate, error] = ratio_of(values, weights, times);
  if (error <= nothing * std::abs(estimate)) return Bounds{estimate, estimate};

  Resampler random(seed);
  std::vector<double> studentised;
  studentised.reserve(resamples);
  for (std::int32_t draw = 0; draw < resamples; ++draw) {
    std::ranges::fill(times, 0U);
    for (std::size_t i = 0; i < n; ++i) ++times[random.below(n)];
    auto const drawn = ratio_of(values, weights, times);
    if (drawn.standard_error > nothing * error) studentised.push_back((drawn.value - estimate) / drawn.standard_error);
  }
  double const tail = (1.0 - level) / 2.0;
  double const t = boost::math::quantile(boost::math::students_t(static_cast<double>(n) - 1.0), 1.0 - tail);
  Bounds const students{estimate - t * error, estimate + t * error};
  // So few of them may differ from the others that what was drawn often had no spread to divide by.
  auto const without_spread = static_cast<double>(resamples) - static_cast<double>(studentised.size());
  if (without_spread > tail * resamples) return students;
  std::ranges::sort(studentised);
  auto const at = [&](double q) {
    double const position = q * static_cast<double>(studentised.size() - 1);
    auto const low = static_cast<std::size_t>(position);
    return std::lerp(studentised[low], studentised[std::min(low + 1, studentised.size() - 1)],
                     position - std::floor(position));
  };
  return Bounds{std::min(students[0], estimate - at(1.0 - tail) * error),
                std::max(students[1], estimate - at(tail) * error)};
}

}  // namespace edgelab::stats
