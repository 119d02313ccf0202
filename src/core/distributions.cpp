#include "core/distributions.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace edgelab {

namespace {

// A vocabulary has some hundred thousand tokens, and each token of a text asks for several exponentials of each. So loops are
// written for vector units: no branch, no call, and sums in lanes, since a compiler may not reorder those of floats itself.
constexpr std::size_t lanes = 16;
constexpr std::size_t stretch = 256;  // exponentials at a time; a multiple of lanes

// `value` where `holds`, else 0: by its bits, for a compiler may not compute in vain what might raise a floating-point exception,
// and would branch.
inline float where(bool holds, float value) {
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(value) & (0U - static_cast<std::uint32_t>(holds)));
}
inline double where(bool holds, double value) {
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(value) &
                               (std::uint64_t{0} - static_cast<std::uint64_t>(holds)));
}

// exp(x) for x <= 0, within 1.2e-7 of it (relative; Cephes's expf: Cody and Waite's reduction and a polynomial of the sixth
// degree); 0 below -87, where single precision has no normal numbers left.
inline float exp_below_1(float x) {
  constexpr auto lowest = std::bit_cast<std::uint32_t>(-87.0F);
  constexpr float round = 12582912.0F;  // 1.5 x 2^23: what is added to it is rounded to a whole number
  auto const bits = std::bit_cast<std::uint32_t>(x);  // of negative numbers these rise as the number falls
  auto const held = std::bit_cast<float>(bits < lowest ? bits : lowest);
  float const shifted = held * 1.44269504088896341F + round;
  float const n = shifted - round;
  float const r = (held - n * 0.693359375F) - n * -2.12194440e-4F;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  float const y = p * r * r + r + 1.0F;
  // The whole number stands in the last bits of `shifted`; times 2^n is an addition to the exponent.
  auto const power = (std::bit_cast<std::uint32_t>(shifted) - std::bit_cast<std::uint32_t>(round) + 127U) << 23U;
  return where(bits <= lowest, y * std::bit_cast<float>(power));
}

float largest_of(std::span<float const> x) {
  std::array<float, lanes> most;
  most.fill(x[0]);
  std::size_t i = 0;
  for (; i + lanes <= x.size(); i += lanes)
    for (std::size_t lane = 0; lane < lanes; ++lane) most[lane] = x[i + lane] > most[lane] ? x[i + lane] : most[lane];
  for (; i < x.size(); ++i) most[0] = x[i] > most[0] ? x[i] : most[0];
  return *std::ranges::max_element(most);
}

// The sum of value(i), in double precision. A stretch of values first and then their sum, so that each has a loop of its own.
template <typename Number, typename Value>
double sum_of(std::size_t count, Value const& value) {
  std::array<double, lanes> sums{};
  std::array<Number, stretch> values;
  for (std::size_t first = 0; first < count; first += stretch) {
    auto const size = std::min(stretch, count - first);
    for (std::size_t i = 0; i < size; ++i) values[i] = value(first + i);
    std::fill(values.begin() + static_cast<std::ptrdiff_t>(size), values.end(), Number{});
    for (std::size_t i = 0; i < stretch; i += lanes)
      for (std::size_t lane = 0; lane < lanes; ++lane) sums[lane] += static_cast<double>(values[i + lane]);
  }
  double sum = 0.0;
  for (double const lane : sums) sum += lane;
  return sum;
}

}  // namespace

double log_sum_exp(std::span<float const> x) {
  float const largest = largest_of(x);
  double const sum = sum_of<float>(x.size(), [&](std::size_t i) { return exp_below_1(x[i] - largest); });
  return static_cast<double>(largest) + std::log(sum);
}

void log_softmax(std::span<float const> x, std::span<float> out) {
  double const whole = log_sum_exp(x);
  for (std::size_t i = 0; i < x.size(); ++i) out[i] = static_cast<float>(static_cast<double>(x[i]) - whole);
}

double kl_divergence(std::span<float const> reference, std::span<float const> other) {
  return sum_of<double>(reference.size(), [&](std::size_t i) {
    float const p = exp_below_1(reference[i]);
    double const difference = static_cast<double>(reference[i]) - static_cast<double>(other[i]);
    // A logarithm of 0 is -inf, in both maybe, and their difference no number: what has no probability adds nothing.
    return where(std::bit_cast<std::uint32_t>(p) != 0U, static_cast<double>(p) * difference);
  });
}

std::size_t likeliest(std::span<float const> x) {
  return static_cast<std::size_t>(std::ranges::find(x, largest_of(x)) - x.begin());
}

bool all_finite(std::span<float const> x) {
  // What is no number, or infinite, times 0 is no number, and so is its sum with others.
  std::array<float, lanes> sums{};
  std::size_t i = 0;
  for (; i + lanes <= x.size(); i += lanes)
    for (std::size_t lane = 0; lane < lanes; ++lane) sums[lane] += x[i + lane] * 0.0F;
  for (; i < x.size(); ++i) sums[0] += x[i] * 0.0F;
  float sum = 0.0F;
  for (float const lane : sums) sum += lane;
  return sum == 0.0F;
}

}  // namespace edgelab
