#include "course/findings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/fakes.hpp"
#include "stats/estimate.hpp"

namespace edgelab::course {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using runner::testing::plan_of;
using runner::testing::round_of;
using ::testing::SizeIs;

// Four rounds, of which one is the sum of two others; eight blocks; q8 answers wrongly.
struct Sample {
  Plan plan;
  std::vector<TrialResult> trials;
  std::vector<Answer> answers;

  Sample() {
    auto both = round_of("fa+q8", {{"flash-attn", "on"}, {"cache-type-k", "q8_0"}});
    both.parts = {"fa", "q8"};
    plan = plan_of({round_of("baseline"), round_of("fa", {{"flash-attn", "on"}}),
                    round_of("q8", {{"cache-type-k", "q8_0"}}), both});
    for (auto& cell : plan.cells) cell.resolved = plan.experiment.rounds[cell.round].flags;
    plan.experiment.workloads[0].requests[0].expected = "right";
    double const speed[] = {100.0, 120.0, 90.0, 105.0};
    for (std::size_t cell = 0; cell < plan.cells.size(); ++cell)
      for (int block = 0; block < 8; ++block) {
        TrialResult trial;
        trial.planned.cell = cell;
        trial.planned.block = block;
        double const wobble = 1.0 + 0.001 * ((block * 7 + static_cast<int>(cell) * 3) % 5);
        trial.metrics = {{"decode_tps", speed[cell] * wobble}, {"ttft_ms", 1000.0 / speed[cell] * wobble}};
        trials.push_back(trial);
        answers.push_back({cell, 0, block, 2, cell == 2 ? "wrong" : "right", {}});
      }
  }
};

TEST(Findings, come_together_from_what_each_folder_knows) {
  Sample const sample;
  auto summary = stats::summarise(sample.plan, sample.trials);
  add_findings(summary, sample.plan, sample.trials, sample.answers);

  EXPECT_GE(summary.false_discoveries.comparisons, 6);    // three cells, two headline metrics
  EXPECT_TRUE(summary.cells[1].vs_baseline.at(0).p_adjusted);

  ASSERT_THAT(summary.effects, SizeIs(1));
  EXPECT_THAT(summary.effects[0].factors, ElementsAre("fa", "q8"));

  ASSERT_THAT(summary.quality, SizeIs(4));
  EXPECT_EQ(summary.quality[2].score, 0.0);
  EXPECT_EQ(summary.quality[2].flips->right_to_wrong, 1);

  // A quantised cache is lossy, says the catalogue: of those nothing is expected.
  ASSERT_THAT(summary.equivalence, SizeIs(1));
  EXPECT_EQ(summary.equivalence[0].round, "fa");
  EXPECT_EQ(summary.equivalence[0].effect, "rounding");
  EXPECT_EQ(summary.equivalence[0].identical, 1);
  EXPECT_EQ(summary.equivalence[0].control_requests, 1);

  ASSERT_THAT(summary.pareto, SizeIs(1));
  EXPECT_THAT(summary.pareto[0].metrics, ElementsAre("decode_tps", "ttft_ms", "task_score"));
  EXPECT_TRUE(summary.pareto[0].members[1].on_front);
  EXPECT_THAT(summary.pareto[0].members[2].dominated_by, ElementsAre("baseline", "fa", "fa+q8"));
}

TEST(Findings, executors_say_what_their_own_flags_do) {
  Sample sample;
  for (auto const* flag : {"mine.fast", "mine.window", "mine.new"}) {
    auto cell = sample.plan.cells[0];
    auto const index = sample.plan.cells.size();
    sample.plan.experiment.rounds.push_back(round_of(flag, {{flag, "1"}}));
    cell.round = sample.plan.experiment.rounds.size() - 1;
    cell.resolved = {{flag, "1"}};
    sample.plan.cells.push_back(cell);
    sample.answers.push_back({index, 0, 0, 1, "left", {}});
  }
  sample.plan.own_effects = {{"mine.fast", Effect::exact}, {"mine.window", Effect::lossy}};
  Summary summary;
  add_findings(summary, sample.plan, sample.trials, sample.answers);
  ASSERT_THAT(summary.equivalence, SizeIs(2));
  EXPECT_EQ(summary.equivalence[1].round, "mine.fast");
  EXPECT_EQ(summary.equivalence[1].effect, "exact");
  EXPECT_EQ(summary.equivalence[1].differing, 1);
}

TEST(Findings, of_nothing_are_nothing) {
  auto const plan = plan_of({round_of("baseline")});
  auto summary = stats::summarise(plan, {});
  add_findings(summary, plan, {}, {});
  EXPECT_THAT(summary.effects, IsEmpty());
  EXPECT_THAT(summary.pareto, IsEmpty());
  EXPECT_THAT(summary.quality, IsEmpty());
  EXPECT_THAT(summary.equivalence, IsEmpty());
}

}  // namespace
}  // namespace edgelab::course
