#include "stats/scores.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stats/inference.hpp"
#include "stats/samples.hpp"

namespace edgelab::stats {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using testing::plan_of;
using testing::round_of;
using ::testing::SizeIs;

std::vector<std::optional<std::size_t>> const to_baseline{0, 0, 0};

Plan three() {
  auto plan = plan_of({round_of("baseline", "baseline"), round_of("worse", "custom"), round_of("same", "custom")});
  plan.experiment.workloads[0].scorer = "exact";
  return plan;
}

// Twenty requests; the baseline gets the first sixteen right, `worse` the first eight, and the last but one.
std::vector<ScoredAnswer> twenty() {
  std::vector<ScoredAnswer> scored;
  for (std::size_t request = 0; request < 20; ++request) {
    scored.push_back({0, request, 0, 1, request < 16 ? 1.0 : 0.0});
    scored.push_back({1, request, 0, 1, request < 8 || request == 18 ? 1.0 : 0.0});
    scored.push_back({2, request, 0, 3, request < 16 ? 1.0 : 0.0});
  }
  return scored;
}

TEST(TaskScores, count_flips_against_the_reference) {
  auto const found = task_scores(three(), twenty(), to_baseline);
  ASSERT_THAT(found, SizeIs(3));
  EXPECT_EQ(found[0].requests, 20);
  EXPECT_DOUBLE_EQ(found[0].score, 0.8);
  EXPECT_EQ(found[0].right, 16);
  EXPECT_EQ(found[0].reference, "baseline");
  EXPECT_FALSE(found[0].flips);
  // Clopper and Pearson's for 16 of 20, as R's binom.test gives it.
  EXPECT_NEAR((*found[0].ci95)[0], 0.563386, 1e-5);
  EXPECT_NEAR((*found[0].ci95)[1], 0.942666, 1e-5);

  ASSERT_TRUE(found[1].flips);
  EXPECT_EQ(found[1].paired, 20);
  EXPECT_EQ(found[1].flips->right_to_wrong, 8);
  EXPECT_EQ(found[1].flips->wrong_to_right, 1);
  EXPECT_NEAR(found[1].flips->p, 2.0 * 10.0 / 512.0, 1e-12);
  EXPECT_NEAR(found[1].flips->p_adjusted, 4.0 * 10.0 / 512.0, 1e-12);    // two rounds are compared
  EXPECT_NEAR(*found[1].difference, -0.35, 1e-12);
  ASSERT_TRUE(found[1].difference_ci95);
  EXPECT_LT((*found[1].difference_ci95)[1], 0.0);

  EXPECT_EQ(found[2].flips->p, 1.0);
  EXPECT_EQ(*found[2].difference, 0.0);
  EXPECT_FALSE(found[2].difference_ci95);
}

TEST(TaskScores, a_request_counts_once_however_often_it_was_answered) {
  std::vector<ScoredAnswer> scored{{0, 0, 0, 1, 1.0}, {0, 0, 1, 1, 1.0}, {0, 0, 2, 2, 0.0}, {0, 1, 0, 7, 0.5}};
  auto const found = task_scores(three(), scored, to_baseline);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].requests, 2);
  EXPECT_DOUBLE_EQ(found[0].score, 0.5);     // (2 of 4, and 0.5) / 2
  EXPECT_EQ(found[0].right, 0);              // two of four are not most
  EXPECT_EQ(found[0].varied, 1);
}

TEST(TaskScores, only_requests_that_both_answered_are_compared) {
  std::vector<ScoredAnswer> scored{{0, 0, 0, 1, 1.0}, {0, 1, 0, 1, 1.0}, {1, 1, 0, 1, 0.0}, {1, 2, 0, 1, 0.0}};
  auto const found = task_scores(three(), scored, to_baseline);
  EXPECT_EQ(found.at(1).requests, 2);
  EXPECT_EQ(found[1].paired, 1);
  EXPECT_EQ(found[1].flips->right_to_wrong, 1);
  EXPECT_THAT(task_scores(three(), {}, to_baseline), IsEmpty());
}

TEST(ProportionInterval, at_the_ends) {
  // No failure in n: 1 - 0.025^(1/n) at most.
  EXPECT_NEAR(proportion_interval(0, 10)[1], 0.3084971, 1e-6);
  EXPECT_EQ(proportion_interval(0, 10)[0], 0.0);
  EXPECT_NEAR(proportion_interval(10, 10)[0], 1.0 - 0.3084971, 1e-6);
  EXPECT_EQ(proportion_interval(10, 10)[1], 1.0);
}

TEST(ScoreAxis, is_the_mean_over_a_blocks_requests) {
  std::vector<ScoredAnswer> scored{{0, 0, 0, 3, 1.0}, {0, 1, 0, 1, 0.0}, {0, 2, 4, 1, 0.25}};
  auto const axis = score_axis(three(), scored);
  EXPECT_EQ(axis.name, "task_score");
  ASSERT_THAT(axis.values, SizeIs(3));
  EXPECT_THAT(axis.values[0], ElementsAre(Pair(0, 0.5), Pair(4, 0.25)));
  EXPECT_THAT(axis.values[1], IsEmpty());
}

}  // namespace
}  // namespace edgelab::stats
