// What a pass costs by its number of rows.
#include <gtest/gtest.h>

#include "llama/step_cost.hpp"

namespace edgelab::llama {
namespace {

TEST(StepCost, KnowingNothingEveryPassCostsTheSame) {
  StepCost cost;
  EXPECT_EQ(cost.of(1), cost.of(64));
  cost.take(4, 100.0);
  EXPECT_EQ(cost.of(1), cost.of(64));
  EXPECT_GT(cost.of(1), 0.0);
}

TEST(StepCost, StraightLinesBetweenAndBeyondThePoints) {
  StepCost const cost({{1, 1.0}, {3, 2.0}, {7, 6.0}});
  EXPECT_DOUBLE_EQ(cost.of(0), 1.0);
  EXPECT_DOUBLE_EQ(cost.of(1), 1.0);
  EXPECT_DOUBLE_EQ(cost.of(2), 1.5);
  EXPECT_DOUBLE_EQ(cost.of(3), 2.0);
  EXPECT_DOUBLE_EQ(cost.of(5), 4.0);
  EXPECT_DOUBLE_EQ(cost.of(7), 6.0);
  EXPECT_DOUBLE_EQ(cost.of(9), 8.0);
  EXPECT_DOUBLE_EQ(StepCost({{1, 2.0}}).of(50), 2.0);
}

TEST(StepCost, MoreRowsNeverCostLess) {
  StepCost const cost({{1, 1.0}, {2, 0.5}, {4, 3.0}, {8, 2.0}});
  for (std::size_t rows = 1; rows < 20; ++rows) EXPECT_LE(cost.of(rows), cost.of(rows + 1)) << rows;
}

TEST(StepCost, TheWholeCurveFollowsWhatIsSeen) {
  StepCost cost({{1, 1.0}, {4, 2.0}, {8, 4.0}});
  for (int i = 0; i < 200; ++i) cost.take(4, 4.0);
  EXPECT_NEAR(cost.of(4), 4.0, 0.01);
  EXPECT_GT(cost.of(1), 1.2);
  EXPECT_GT(cost.of(8), 4.5);
}

TEST(StepCost, OnePointCanChangeItsShare) {
  // Every second pass of 4 rows costs what was measured, those of 1 row twice as much.
  StepCost cost({{1, 1.0}, {4, 2.0}});
  for (int i = 0; i < 2000; ++i) {
    cost.take(1, 2.0);
    cost.take(4, 2.0);
  }
  EXPECT_NEAR(cost.of(1), 2.0, 0.2);
  EXPECT_NEAR(cost.of(4), 2.0, 0.2);
}

TEST(StepCost, SpikesAndNonsenseAreNoFacts) {
  StepCost cost({{1, 1.0}, {4, 2.0}});
  cost.take(1, 50.0);
  cost.take(1, 0.0);
  cost.take(1, -1.0);
  EXPECT_DOUBLE_EQ(cost.of(1), 1.0);
  EXPECT_DOUBLE_EQ(cost.of(4), 2.0);
}

}  // namespace
}  // namespace edgelab::llama
