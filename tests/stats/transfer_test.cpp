#include "stats/transfer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "stats/estimate.hpp"
#include "stats/samples.hpp"

namespace edgelab::stats {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::plan_of;
using testing::round_of;
using ::testing::SizeIs;
using testing::trial_of;

// One round beside the baseline, on each of these executors.
Plan plan_on(std::vector<std::string> const& executors) {
  auto plan = plan_of({round_of("baseline", "baseline"), round_of("fast", "custom")});
  auto const cells = plan.cells;
  plan.cells.clear();
  plan.experiment.executors.resize(1);
  auto const spec = plan.experiment.executors[0];
  plan.experiment.executors.clear();
  for (std::size_t e = 0; e < executors.size(); ++e) {
    plan.experiment.executors.push_back(spec);
    plan.experiment.executors.back().id = executors[e];
    for (auto cell : cells) {
      cell.executor = e;
      cell.baseline = e * cells.size();
      plan.cells.push_back(cell);
    }
  }
  return plan;
}

// Each executor at a speed of its own, each block disturbed alike on baseline and round; `gain`: of the round, by executor.
std::vector<TrialResult> trials_on(Plan const& plan, int blocks, std::vector<double> const& gain) {
  std::vector<TrialResult> trials;
  for (int block = 0; block < blocks; ++block)
    for (std::size_t i = 0; i < plan.cells.size(); ++i) {
      auto const& cell = plan.cells[i];
      double const noise = 0.01 * std::sin(12.9898 * static_cast<double>(i + 1) * (block + 1));
      double const speed = 100.0 * static_cast<double>(cell.executor * cell.executor + 1) * (1.0 + 0.2 * (block % 3));
      trials.push_back(trial_of(
          i, block, {{"decode_tps", speed * (cell.round == 0 ? 1.0 : gain[cell.executor]) * std::exp(noise)}}));
    }
  return trials;
}

AcrossExecutors across(Plan const& plan, std::vector<TrialResult> const& trials) {
  auto const found = across_executors(plan, trials, summarise(plan, trials), [](auto const&, auto const&) {
    return std::vector<std::string>{"decode_tps", "ttft_ms", "no_such_metric"};
  });
  EXPECT_TRUE(found);
  return found.value_or(AcrossExecutors{});
}

TransferSummary only(std::vector<double> const& gain, int blocks = 10) {
  auto const plan = plan_on({"desk", "phone"});
  auto const found = across(plan, trials_on(plan, blocks, gain));
  EXPECT_THAT(found.transfer, SizeIs(1));
  return found.transfer.at(0);
}

TEST(Transfer, a_single_executor_has_nothing_to_compare) {
  auto const plan = plan_on({"desk"});
  auto const trials = trials_on(plan, 3, {1.2});
  EXPECT_FALSE(across_executors(plan, trials, summarise(plan, trials),
                                [](auto const&, auto const&) { return std::vector<std::string>{"decode_tps"}; }));
}

TEST(Transfer, the_same_gain_on_machines_of_other_speeds_transfers) {
  auto const found = only({1.3, 1.3});
  EXPECT_EQ(found.round, "fast");
  EXPECT_EQ(found.metric, "decode_tps");
  ASSERT_THAT(found.ratios, SizeIs(2));
  EXPECT_EQ(found.ratios[0].executor, "desk");
  EXPECT_NEAR(found.ratios[0].ratio, 1.3, 0.02);
  EXPECT_NEAR(found.ratios[1].ratio, 1.3, 0.02);
  ASSERT_THAT(found.differences, SizeIs(1));
  EXPECT_EQ(found.differences[0].executor, "phone");
  EXPECT_EQ(found.differences[0].against, "desk");
  EXPECT_NEAR(found.differences[0].ratio, 1.0, 0.02);
  EXPECT_EQ(found.differences[0].n, 10);
  EXPECT_EQ(found.verdict, "transfers");
}

TEST(Transfer, what_is_told_apart_differs_or_reverses) {
  auto const more = only({1.3, 1.1});
  EXPECT_EQ(more.verdict, "differs");
  EXPECT_NEAR(more.differences.at(0).ratio, 1.1 / 1.3, 0.02);
  EXPECT_LT(*more.differences[0].p_adjusted, 0.05);
  EXPECT_EQ(only({1.3, 0.8}).verdict, "reverses");
  EXPECT_EQ(only({1.3, 1.0}).verdict, "differs");
}

TEST(Transfer, where_little_is_known_little_is_said) {
  EXPECT_EQ(only({1.0, 1.0}).verdict, "no-effect");
  EXPECT_EQ(only({1.3, 1.3}, 1).verdict, "unknown");
}

// Of a third executor there is one block: nothing is known of it, whatever the other two say.
TEST(Transfer, an_executor_without_an_interval_makes_it_unclear) {
  auto const plan = plan_on({"desk", "phone", "browser"});
  for (double const gain : {1.0, 1.3}) {
    auto trials = trials_on(plan, 10, {gain, gain, gain});
    std::erase_if(trials, [](TrialResult const& t) { return t.planned.block > 0 && t.planned.cell >= 4; });
    EXPECT_EQ(across(plan, trials).transfer.at(0).verdict, "unclear") << gain;
  }
}

// A block that one of them missed is in the other's ratio and in no difference.
TEST(Transfer, differences_are_of_blocks_that_both_have) {
  auto const plan = plan_on({"desk", "phone"});
  auto trials = trials_on(plan, 6, {1.3, 1.3});
  std::erase_if(trials, [](TrialResult const& t) { return t.planned.block < 2 && t.planned.cell == 3; });
  auto const found = across(plan, trials).transfer.at(0);
  EXPECT_EQ(found.ratios.at(0).n, 6);
  EXPECT_EQ(found.ratios.at(1).n, 4);
  EXPECT_EQ(found.differences.at(0).n, 4);
}

TEST(Transfer, an_executor_without_the_round_is_left_out_and_says_why) {
  auto plan = plan_on({"desk", "phone", "browser"});
  plan.cells[1].refused = "no such kernel";
  plan.cells[0].id = "m/desk/w/baseline";
  plan.cells[1].id = "m/desk/w/fast";
  auto trials = trials_on(plan, 10, {1.3, 1.3, 1.3});
  std::erase_if(trials, [](TrialResult const& t) { return t.planned.cell == 1; });
  auto const found = across(plan, trials);
  EXPECT_THAT(found.executors, ElementsAre("desk", "phone", "browser"));
  ASSERT_THAT(found.transfer, SizeIs(1));
  EXPECT_EQ(found.transfer[0].differences.at(0).against, "phone");
  EXPECT_EQ(found.transfer[0].differences[0].executor, "browser");
  ASSERT_THAT(found.inexpressible, SizeIs(1));
  EXPECT_EQ(found.inexpressible[0].executor, "desk");
  EXPECT_EQ(found.inexpressible[0].reason, "no such kernel");
  EXPECT_THAT(found.inexpressible[0].rounds, ElementsAre("fast"));
  EXPECT_EQ(found.inexpressible[0].cells, 1);
  EXPECT_EQ(found.inexpressible[0].cells_of_executor, 2);
}

TEST(Transfer, bandwidth_is_told_where_it_was_measured) {
  auto const plan = plan_on({"desk", "phone"});
  auto trials = trials_on(plan, 3, {1.3, 1.3});
  EXPECT_THAT(across(plan, trials).utilisation, IsEmpty());
  for (auto& trial : trials)
    if (trial.planned.cell == 2) trial.metrics.push_back({"mbu", 0.4});
  auto const found = across(plan, trials).utilisation;
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].executor, "phone");
  EXPECT_EQ(found[0].round, "baseline");
  EXPECT_NEAR(found[0].mbu, 0.4, 1e-12);
  EXPECT_EQ(found[0].n, 3);
  EXPECT_TRUE(found[0].decode_tps);
}

}  // namespace
}  // namespace edgelab::stats
