#include "plan/random.hpp"

namespace edgelab::plan {

namespace {

std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

constexpr std::uint64_t golden = 0x9E3779B97F4A7C15ULL;

// The 128-bit product's halves, in portable arithmetic.
struct Product {
  std::uint64_t high;
  std::uint64_t low;
};

Product multiply(std::uint64_t a, std::uint64_t b) {
  constexpr std::uint64_t half = 0xFFFFFFFFULL;
  std::uint64_t const a_low = a & half;
  std::uint64_t const a_high = a >> 32U;
  std::uint64_t const b_low = b & half;
  std::uint64_t const b_high = b >> 32U;
  std::uint64_t const low = a_low * b_low;
  std::uint64_t const middle = a_high * b_low + (low >> 32U);
  std::uint64_t const other = a_low * b_high + (middle & half);
  return {a_high * b_high + (middle >> 32U) + (other >> 32U), (other << 32U) | (low & half)};
}

}  // namespace

std::uint64_t Random::next() {
  state_ += golden;
  return mix(state_);
}

std::uint64_t Random::below(std::uint64_t bound) {
  auto product = multiply(next(), bound);
  if (product.low < bound) {
    // The first 2^64 mod bound products would come once too often.
    std::uint64_t const threshold = (0 - bound) % bound;
    while (product.low < threshold) product = multiply(next(), bound);
  }
  return product.high;
}

double Random::unit() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t purpose, std::uint64_t number) {
  return mix(mix(mix(seed + golden) + purpose * golden) + number * golden + 1);
}

}  // namespace edgelab::plan
