#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "plan/random.hpp"
#include "plan/samples.hpp"

namespace edgelab::plan {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST(MakePlan, CellsInTheOrderOfTheFile) {
  auto const plan = sample_plan();
  ASSERT_THAT(plan.cells, SizeIs(16));
  EXPECT_EQ(plan.cells[0].id, "one/llama/w/base");
  EXPECT_EQ(plan.cells[5].id, "one/llama/v/fast");
  EXPECT_EQ(plan.cells[15].id, "two/llama/v/broken");
  std::set<std::string> ids;
  for (auto const& cell : plan.cells) ids.insert(cell.id);
  EXPECT_THAT(ids, SizeIs(16));
}

TEST(MakePlan, ComparedWithinModelExecutorAndWorkload) {
  auto const plan = sample_plan();
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    EXPECT_EQ(plan.cells[i].baseline, i / 4 * 4);
    if (i % 4 == 2) EXPECT_THAT(plan.cells[i].versus, ElementsAre(i - 1));   // the baseline is no versus
    else EXPECT_THAT(plan.cells[i].versus, IsEmpty());
  }
}

TEST(MakePlan, ComparedWithAnotherExecutorWhereAskedFor) {
  auto experiment = sample_experiment();
  experiment.executors.push_back({.id = "patched", .kind = "llama", .command = {"p"}, .versus = {"llama"}});
  auto const plan = make_plan(experiment, sample_rules());
  ASSERT_TRUE(plan);
  for (auto const& cell : plan->cells) {
    EXPECT_EQ(plan->cells[cell.baseline].executor, cell.executor) << "the baseline is its own executor's";
    std::vector<std::string> others;
    for (auto const other : cell.versus)
      if (plan->cells[other].executor != cell.executor) others.push_back(plan->cells[other].id);
    if (cell.executor == 0) {
      EXPECT_THAT(others, IsEmpty());
    } else {
      auto id = cell.id;
      EXPECT_THAT(others, ElementsAre(id.replace(id.find("patched"), 7, "llama")));
    }
  }
}

TEST(MakePlan, FlagsAreResolvedAndRefused) {
  auto const plan = sample_plan();
  EXPECT_EQ(plan.cells[1].resolved, (Flags{{"speed", "2"}, {"memory", "high"}}));
  EXPECT_EQ(plan.cells[3].refused, "there is no negative memory for one");
  EXPECT_EQ(plan.cells[11].refused, "there is no negative memory for two");
  EXPECT_EQ(plan.cells[2].refused, std::nullopt);
}

TEST(MakePlan, WorkloadsParallelUnlessTheRoundSaysSo) {
  auto experiment = sample_experiment();
  experiment.workloads[0].parallel = 4;
  experiment.rounds[1].flags["parallel"] = "2";
  auto const plan = sample_plan(experiment);
  EXPECT_EQ(plan.cells[0].resolved.at("parallel"), "4");
  EXPECT_EQ(plan.cells[1].resolved.at("parallel"), "2");
  EXPECT_FALSE(plan.cells[4].resolved.contains("parallel"));
}

TEST(MakePlan, WorkloadsOfSomeRounds) {
  auto experiment = sample_experiment();
  experiment.workloads[1].rounds = {"small"};
  auto const plan = sample_plan(experiment);
  ASSERT_THAT(plan.cells, SizeIs(12));
  EXPECT_EQ(plan.cells[4].id, "one/llama/v/base");
  EXPECT_EQ(plan.cells[5].id, "one/llama/v/small");
  EXPECT_EQ(plan.cells[5].baseline, 4U);
  EXPECT_THAT(plan.cells[5].versus, IsEmpty());   // fast does not run there
}

TEST(MakePlan, FirstBaselineCounts) {
  auto experiment = sample_experiment();
  std::swap(experiment.rounds[0], experiment.rounds[2]);
  experiment.rounds.push_back(sample_round("other", "baseline"));
  auto const plan = sample_plan(experiment);
  EXPECT_EQ(plan.cells[0].baseline, 2U);
  EXPECT_EQ(plan.cells[4].baseline, 2U);
}

TEST(MakePlan, NothingToRun) {
  auto const expect_error = [](auto change, char const* words) {
    auto experiment = sample_experiment();
    change(experiment);
    auto const plan = make_plan(experiment, sample_rules());
    ASSERT_FALSE(plan.has_value());
    EXPECT_THAT(plan.error().message, HasSubstr(words));
  };
  expect_error([](Experiment& e) { e.models.clear(); }, "no model");
  expect_error([](Experiment& e) { e.executors.clear(); }, "no executor");
  expect_error([](Experiment& e) { e.workloads.clear(); }, "no workload");
  expect_error([](Experiment& e) { e.rounds.clear(); }, "no round");
  expect_error([](Experiment& e) { e.rounds[0].category = "custom"; }, "category baseline");
  expect_error([](Experiment& e) { e.rounds.push_back(e.rounds[1]); }, "one name");
  expect_error([](Experiment& e) { e.rounds.resize(100'000); e.models.resize(5); }, "cells: expected at most");
}

std::vector<std::size_t> cells_of(std::vector<PlannedTrial> const& trials) {
  std::vector<std::size_t> cells;
  for (auto const& trial : trials) cells.push_back(trial.cell);
  return cells;
}

TEST(BlockTrials, EveryCellOnceWhateverTheSeed) {
  auto plan = sample_plan();
  std::vector<std::size_t> runnable;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    if (!plan.cells[i].refused) runnable.push_back(i);
  }
  Random random(1);
  for (int i = 0; i < 500; ++i) {
    plan.experiment.protocol.seed = random.next();
    auto const block = static_cast<std::int32_t>(random.below(1000));
    auto const trials = block_trials(plan, TrialKind::timed, block);
    auto cells = cells_of(trials);
    std::ranges::sort(cells);
    ASSERT_EQ(cells, runnable);
    for (std::size_t p = 0; p < trials.size(); ++p) {
      ASSERT_EQ(trials[p].position, static_cast<std::int32_t>(p));
      ASSERT_EQ(trials[p].block, block);
      ASSERT_EQ(trials[p].kind, TrialKind::timed);
      ASSERT_EQ(trials[p].seed, trials[0].seed);
    }
  }
}

TEST(BlockTrials, AFunctionOfPlanKindAndBlockAlone) {
  auto const plan = sample_plan();
  auto const again = sample_plan();
  (void)block_trials(again, TrialKind::warmup, 5);
  EXPECT_EQ(cells_of(block_trials(plan, TrialKind::timed, 3)), cells_of(block_trials(again, TrialKind::timed, 3)));
  EXPECT_EQ(block_trials(plan, TrialKind::timed, 3)[0].seed, block_trials(again, TrialKind::timed, 3)[0].seed);
  EXPECT_NE(cells_of(block_trials(plan, TrialKind::timed, 3)), cells_of(block_trials(plan, TrialKind::timed, 4)));
  EXPECT_NE(cells_of(block_trials(plan, TrialKind::timed, 0)), cells_of(block_trials(plan, TrialKind::warmup, 0)));
  EXPECT_NE(block_trials(plan, TrialKind::timed, 3)[0].seed, block_trials(plan, TrialKind::timed, 4)[0].seed);
  EXPECT_NE(block_trials(plan, TrialKind::timed, 0)[0].seed, block_trials(plan, TrialKind::memory, 0)[0].seed);
}

// The order of seed 7, block 0, as it was when this test was written: a change of it would change what a seed means,
// and a resumed run would go on in another order.
TEST(BlockTrials, OrderIsPinned) {
  EXPECT_THAT(cells_of(block_trials(sample_plan(), TrialKind::timed, 0)), ElementsAre(10, 12, 1, 14, 8, 9, 6, 2, 4, 0, 5, 13));
}

// Each of the 12 cells in each of the 12 places: about 1/12 of 6,000 blocks. Chi-square with 121 degrees of freedom is
// below 190 but for one seed in 10,000, and this seed is fixed.
TEST(BlockTrials, PlacesAreUniform) {
  auto const plan = sample_plan();
  constexpr int blocks = 6000;
  std::vector<std::vector<int>> counts(plan.cells.size(), std::vector<int>(12, 0));
  for (int block = 0; block < blocks; ++block) {
    for (auto const& trial : block_trials(plan, TrialKind::timed, block)) {
      ++counts[trial.cell][static_cast<std::size_t>(trial.position)];
    }
  }
  double chi_square = 0.0;
  double const expected = blocks / 12.0;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    if (plan.cells[i].refused) continue;
    for (int const count : counts[i]) chi_square += (count - expected) * (count - expected) / expected;
  }
  EXPECT_LT(chi_square, 190.0);
  EXPECT_GT(chi_square, 70.0);   // too even would be no randomness either
}

TEST(Sustained, OneCellForEachModelAndExecutor) {
  auto experiment = sample_experiment();
  EXPECT_THAT(sustained_cells(sample_plan(experiment)), IsEmpty());
  experiment.protocol.sustained = {.round = "small", .workload = "v"};
  auto const plan = sample_plan(experiment);
  EXPECT_THAT(sustained_cells(plan), ElementsAre(6, 14));
  EXPECT_EQ(plan.cells[6].id, "one/llama/v/small");
  experiment.protocol.sustained = {.round = "broken", .workload = "v"};    // refused
  EXPECT_THAT(sustained_cells(sample_plan(experiment)), IsEmpty());

  auto const first = sustained_trial(plan, 6, 0);
  auto const tenth = sustained_trial(plan, 6, 9);
  EXPECT_EQ(tenth.kind, TrialKind::sustained);
  EXPECT_EQ(tenth.cell, 6U);
  EXPECT_EQ(tenth.block, 9);
  EXPECT_EQ(first.seed, tenth.seed);    // the same requests
  EXPECT_NE(first.seed, block_trials(plan, TrialKind::timed, 0)[0].seed);
}

TEST(EstimateTime, HeatTakesItsTimeToo) {
  auto experiment = sample_experiment();
  auto const before = estimate_time(sample_plan(experiment), {});
  experiment.protocol.cool_down = {.to_c = {}, .limit_s = 100.0};
  experiment.protocol.sustained = {.round = "small", .workload = "v", .seconds = 600.0};
  auto const after = estimate_time(sample_plan(experiment), {});
  EXPECT_DOUBLE_EQ(after.at_least_s, before.at_least_s + 2 * 600.0);
  EXPECT_DOUBLE_EQ(after.at_most_s, before.at_most_s + 2 * 600.0 + experiment.protocol.max_blocks * 100.0);
}

TEST(EstimateTime, FromTheProtocol) {
  auto plan = sample_plan();
  auto& protocol = plan.experiment.protocol;
  protocol.warmup = 1;
  protocol.min_blocks = 10;
  protocol.max_blocks = 30;
  std::vector<double> const measured(plan.cells.size(), 2.0);
  // 12 runnable cells of 2 s; a warm-up and a memory pass besides the blocks.
  auto estimate = estimate_time(plan, measured);
  EXPECT_DOUBLE_EQ(estimate.at_most_s, 24.0 * 32);
  EXPECT_DOUBLE_EQ(estimate.at_least_s, 24.0 * 32);   // nothing to stop for
  protocol.until_metric = "decode_tps";
  EXPECT_DOUBLE_EQ(estimate_time(plan, measured).at_least_s, 24.0 * 12);
  protocol.time_budget_s = 100.0;
  EXPECT_DOUBLE_EQ(estimate_time(plan, measured).at_least_s, 100.0);
  EXPECT_DOUBLE_EQ(estimate_time(plan, measured).at_most_s, 102.0);   // a trial that has begun is ended
}

TEST(EstimateTime, MachinesWorkAtTheSameTime) {
  auto plan = sample_plan();
  std::vector<double> const measured(plan.cells.size(), 2.0);
  auto const in_turn = estimate_time(plan, measured);
  ExecutorSpec phone = plan.experiment.executors[0];
  phone.id = "phone";
  phone.kind = "remote";
  phone.device = "phone";
  plan.experiment.executors.push_back(phone);
  for (auto cell : std::vector(plan.cells)) {
    cell.executor = plan.experiment.executors.size() - 1;
    plan.cells.push_back(std::move(cell));
  }
  auto both = measured;
  both.insert(both.end(), measured.size(), 3.0);
  EXPECT_DOUBLE_EQ(estimate_time(plan, both).at_most_s, in_turn.at_most_s * 1.5);
  plan.experiment.executors.back().kind = "exec";
  plan.experiment.executors.back().device.clear();
  EXPECT_DOUBLE_EQ(estimate_time(plan, both).at_most_s, in_turn.at_most_s * 2.5) << "executors of one take turns";
}

TEST(EstimateTime, NotBelowWhatArrivalsTake) {
  auto plan = sample_plan();
  auto const before = estimate_time(plan, {});
  plan.experiment.workloads[0].arrivals.kind = Arrivals::Kind::constant;
  plan.experiment.workloads[0].arrivals.rate_per_s = 0.1;
  auto const after = estimate_time(plan, {});
  EXPECT_GT(after.at_least_s, before.at_least_s + 6 * 32 * 190.0);   // six cells of twenty requests, ten seconds apart
}

}  // namespace
}  // namespace edgelab::plan
