#include "core/distributions.hpp"

#include <algorithm>
#include <cmath>

namespace edgelab {

double log_sum_exp(std::span<float const> x) {
  float const largest = *std::ranges::max_element(x);
  double sum = 0.0;
  for (auto const value : x) sum += static_cast<double>(std::exp(value - largest));
  return static_cast<double>(largest) + std::log(sum);
}

void log_softmax(std::span<float const> x, std::span<float> out) {
  double const whole = log_sum_exp(x);
  for (std::size_t i = 0; i < x.size(); ++i) out[i] = static_cast<float>(static_cast<double>(x[i]) - whole);
}

double kl_divergence(std::span<float const> reference, std::span<float const> other) {
  double sum = 0.0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    float const p = std::exp(reference[i]);
    if (p > 0.0F) sum += static_cast<double>(p) * (static_cast<double>(reference[i]) - static_cast<double>(other[i]));
  }
  return sum;
}

std::size_t likeliest(std::span<float const> x) {
  return static_cast<std::size_t>(std::ranges::max_element(x) - x.begin());
}

}  // namespace edgelab
