#include "stats/pareto.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "stats/samples.hpp"

namespace edgelab::stats {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::plan_of;
using testing::round_of;
using ::testing::SizeIs;
using testing::trial_of;

Plan plan_with(std::vector<std::string> const& names) {
  std::vector<Round> rounds;
  for (auto const& name : names) rounds.push_back(round_of(name, rounds.empty() ? "baseline" : "custom"));
  auto plan = plan_of(std::move(rounds));
  plan.experiment.pareto = {"decode_tps", "ttft_ms"};
  return plan;
}

// Ten blocks of a cell, with a wobble of its own that is `noise` times its phase.
void add(std::vector<TrialResult>& trials, std::size_t cell, double tps, double ttft_ms, double noise = 0.0) {
  for (int block = 0; block < 10; ++block) {
    double const wobble = 1.0 + noise * std::sin(2.0 * block + 1.7 * static_cast<double>(cell));
    trials.push_back(trial_of(cell, block, {{"decode_tps", tps * wobble}, {"ttft_ms", ttft_ms / wobble}}));
  }
}

ParetoMember member(ParetoSummary const& front, std::string const& round) {
  return *std::ranges::find(front.members, round, &ParetoMember::round);
}

TEST(Pareto, what_is_beaten_in_everything_is_off_the_front) {
  auto const plan = plan_with({"baseline", "fast", "soon", "slow"});
  std::vector<TrialResult> trials;
  add(trials, 0, 100.0, 20.0, 0.001);
  add(trials, 1, 200.0, 30.0, 0.001);
  add(trials, 2, 120.0, 10.0, 0.001);
  add(trials, 3, 90.0, 40.0, 0.001);
  auto const fronts = pareto(plan, trials);
  ASSERT_THAT(fronts, SizeIs(1));
  EXPECT_THAT(fronts[0].metrics, ElementsAre("decode_tps", "ttft_ms"));
  EXPECT_EQ(fronts[0].blocks, 10);
  EXPECT_TRUE(member(fronts[0], "fast").on_front);
  EXPECT_TRUE(member(fronts[0], "soon").on_front);
  EXPECT_DOUBLE_EQ(member(fronts[0], "fast").probability, 1.0);
  EXPECT_NEAR(member(fronts[0], "soon").probability, 1.0, 1e-9);
  EXPECT_THAT(member(fronts[0], "baseline").dominated_by, ElementsAre("soon"));
  EXPECT_EQ(member(fronts[0], "baseline").probability, 0.0);
  EXPECT_THAT(member(fronts[0], "slow").dominated_by, ElementsAre("baseline", "fast", "soon"));
}

TEST(Pareto, what_cannot_be_told_apart_shares_the_front) {
  auto const plan = plan_with({"baseline", "twin"});
  std::vector<TrialResult> trials;
  add(trials, 0, 100.0, 20.0, 0.1);
  add(trials, 1, 100.5, 19.9, 0.1);
  auto const fronts = pareto(plan, trials);
  ASSERT_THAT(fronts, SizeIs(1));
  for (auto const& one : fronts[0].members) {
    EXPECT_TRUE(one.on_front);
    EXPECT_GT(one.probability, 0.05);
    EXPECT_LT(one.probability, 0.95);
  }
}

TEST(Pareto, memory_of_one_trial_counts_from_1_percent_on) {
  auto plan = plan_with({"baseline", "faster", "smaller"});
  plan.experiment.pareto.clear();    // decode_tps, ttft_ms, rss_peak_bytes
  std::vector<TrialResult> trials;
  add(trials, 0, 100.0, 20.0);
  add(trials, 1, 110.0, 18.0);
  add(trials, 2, 90.0, 22.0);
  std::int64_t const bytes[] = {1'000'000, 1'004'000, 900'000};
  for (std::size_t cell = 0; cell < 3; ++cell) {
    auto trial = trial_of(cell, 0, {}, TrialKind::memory);
    trial.memory.rss_peak_bytes = bytes[cell];
    trials.push_back(trial);
  }
  auto const fronts = pareto(plan, trials);
  ASSERT_THAT(fronts, SizeIs(1));
  EXPECT_THAT(fronts[0].metrics, ElementsAre("decode_tps", "ttft_ms", "rss_peak_bytes"));
  EXPECT_THAT(member(fronts[0], "baseline").dominated_by, ElementsAre("faster"));
  EXPECT_TRUE(member(fronts[0], "smaller").on_front);
}

TEST(Pareto, a_further_axis_counts_by_differences_and_may_be_0) {
  auto plan = plan_with({"baseline", "wrong"});
  plan.experiment.pareto = {"decode_tps", "task_score"};
  std::vector<TrialResult> trials;
  add(trials, 0, 100.0, 20.0);
  add(trials, 1, 110.0, 18.0);
  Axis score{.name = "task_score", .values = std::vector<BlockValues>(2)};
  for (int block = 0; block < 10; ++block) {
    score.values[0][block] = 1.0;
    score.values[1][block] = 0.0;
  }
  auto const fronts = pareto(plan, trials, std::vector{score});
  ASSERT_THAT(fronts, SizeIs(1));
  EXPECT_TRUE(member(fronts[0], "baseline").on_front);
  EXPECT_TRUE(member(fronts[0], "wrong").on_front);
}

TEST(Pareto, cells_without_a_figure_are_named) {
  auto const plan = plan_with({"baseline", "fast", "broken", "rare"});
  std::vector<TrialResult> trials;
  add(trials, 0, 100.0, 20.0);
  add(trials, 1, 200.0, 30.0);
  trials.push_back(trial_of(2, 0, {{"decode_tps", 50.0}}));
  trials.push_back(trial_of(3, 0, {{"decode_tps", 500.0}, {"ttft_ms", 1.0}}));
  auto const fronts = pareto(plan, trials);
  ASSERT_THAT(fronts, SizeIs(1));
  EXPECT_THAT(fronts[0].left_out, ElementsAre("broken", "rare"));
  EXPECT_EQ(fronts[0].blocks, 10);
}

TEST(Pareto, one_round_is_no_choice) {
  std::vector<TrialResult> trials;
  add(trials, 0, 100.0, 20.0);
  EXPECT_THAT(pareto(plan_with({"baseline"}), trials), IsEmpty());
  EXPECT_THAT(pareto(plan_with({"baseline", "never"}), trials), IsEmpty());
  EXPECT_THAT(pareto(plan_with({"baseline"}), {}), IsEmpty());
}

// A score that was taken once a cell: it takes no block away, and a hundredth is the same.
TEST(Pareto, a_figure_without_blocks_is_weighed_too) {
  auto plan = plan_with({"baseline", "fast", "faster"});
  plan.experiment.pareto = {"decode_tps", "task_score"};
  std::vector<TrialResult> trials;
  add(trials, 0, 100.0, 20.0, 0.001);
  add(trials, 1, 200.0, 20.0, 0.001);
  add(trials, 2, 300.0, 20.0, 0.001);
  Axis const by_block{.name = "task_score", .values = std::vector<BlockValues>(3)};    // of another workload
  Axis const once{.name = "task_score", .values = {{{0, 0.9}}, {{0, 0.895}}, {{0, 0.5}}}, .by_block = false};
  std::vector<Axis> const further{by_block, once};
  auto const fronts = pareto(plan, trials, further);
  ASSERT_THAT(fronts, SizeIs(1));
  EXPECT_EQ(fronts[0].blocks, 10);
  EXPECT_THAT(member(fronts[0], "baseline").dominated_by, ElementsAre("fast"));
  EXPECT_TRUE(member(fronts[0], "faster").on_front);
  EXPECT_TRUE(member(fronts[0], "fast").on_front);
  plan.experiment.pareto.clear();
  EXPECT_THAT(pareto(plan, trials, further).at(0).metrics, ElementsAre("decode_tps", "ttft_ms", "task_score"));
}

}  // namespace
}  // namespace edgelab::stats
