#include "plan/random.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace edgelab::plan {
namespace {

// The published first outputs of SplitMix64 for the seed 1234567.
TEST(Random, IsSplitMix64) {
  Random random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317U);
  EXPECT_EQ(random.next(), 3203168211198807973U);
  EXPECT_EQ(random.next(), 9817491932198370423U);
  EXPECT_EQ(random.next(), 4593380528125082431U);
  EXPECT_EQ(random.next(), 16408922859458223821U);
}

TEST(Random, BelowStaysBelowAndIsEven) {
  Random random(9);
  std::vector<int> counts(7, 0);
  for (int i = 0; i < 70'000; ++i) ++counts.at(random.below(7));
  for (int const count : counts) EXPECT_NEAR(count, 10'000, 500);
  EXPECT_EQ(random.below(1), 0U);
  constexpr std::uint64_t large = (std::uint64_t{1} << 63U) + 1;
  for (int i = 0; i < 1000; ++i) EXPECT_LT(random.below(large), large);
  for (int i = 0; i < 1000; ++i) EXPECT_LT(random.below(std::numeric_limits<std::uint64_t>::max()), std::numeric_limits<std::uint64_t>::max());
}

TEST(Random, UnitIsInItsInterval) {
  Random random(10);
  double sum = 0.0;
  for (int i = 0; i < 10'000; ++i) {
    double const u = random.unit();
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
  }
  EXPECT_NEAR(sum / 10'000, 0.5, 0.02);
}

TEST(DeriveSeed, EveryPartCounts) {
  auto const seed = derive_seed(1, 2, 3);
  EXPECT_NE(seed, derive_seed(0, 2, 3));
  EXPECT_NE(seed, derive_seed(1, 1, 3));
  EXPECT_NE(seed, derive_seed(1, 2, 2));
  EXPECT_NE(derive_seed(0, 0, 1), derive_seed(0, 1, 0));
}

TEST(Shuffle, OfNothingAndOfOne) {
  Random random(1);
  std::vector<int> none;
  shuffle(none, random, 0);
  EXPECT_TRUE(none.empty());
  std::vector<int> one{5};
  shuffle(one, random, 1);
  EXPECT_EQ(one, std::vector<int>{5});
}

}  // namespace
}  // namespace edgelab::plan
