// Random numbers that are the same on every platform and with every standard library, so that a seed means one order
// everywhere. (std::shuffle and the standard distributions may differ.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace edgelab::plan {

// SplitMix64 (Steele, Lea, Flood 2014): a counter and a mixing function. Fast, any seed is as good as another.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  [[nodiscard]] std::uint64_t next();

  // Below `bound`, all equally likely (Lemire's multiplication with rejection). REQUIRES bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);

  // In [0, 1), all 53 bits.
  [[nodiscard]] double unit();

 private:
  std::uint64_t state_;
};

// A seed for a purpose: mixes a seed with numbers that tell what it is for.
[[nodiscard]] std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t purpose, std::uint64_t number);

// Fisher and Yates: after k steps the first k are a fair draw without repeats; all of them by default.
template <typename T>
void shuffle(std::vector<T>& values, Random& random, std::size_t k) {
  for (std::size_t i = 0; i < k && i + 1 < values.size(); ++i) {
    auto const j = i + static_cast<std::size_t>(random.below(values.size() - i));
    std::swap(values[i], values[j]);
  }
}

}  // namespace edgelab::plan
