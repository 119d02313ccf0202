// Well-mixed numbers out of a seed and a counter, the same on every platform.
#pragma once

#include <cstdint>

namespace edgelab::llama {

// SplitMix64's output function (Steele, Lea, Flood 2014).
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t seed, std::uint64_t counter) {
  auto z = seed + (counter + 1) * 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31U);
}

}  // namespace edgelab::llama
