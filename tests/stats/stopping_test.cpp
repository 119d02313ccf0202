#include <gtest/gtest.h>

#include "stats/estimate.hpp"
#include "stats/samples.hpp"

namespace edgelab::stats {
namespace {

using testing::bad_trial;
using testing::plan_of;
using testing::round_of;
using testing::trial_of;

Plan two_rounds() {
  auto plan = plan_of({round_of("baseline", "baseline"), round_of("fa", "parallelization")});
  plan.experiment.protocol.until_metric = "decode_tps";
  plan.experiment.protocol.min_blocks = 4;
  plan.experiment.protocol.ci95_within = 0.02;
  return plan;
}

// Blocks in which the ratio alternates between 1.3 × (1 ± spread).
std::vector<TrialResult> blocks(int count, double spread) {
  std::vector<TrialResult> trials;
  for (int block = 0; block < count; ++block) {
    trials.push_back(trial_of(0, block, {{"decode_tps", 100.0 + block}}));
    trials.push_back(
        trial_of(1, block, {{"decode_tps", (100.0 + block) * 1.3 * (1.0 + (block % 2 ? spread : -spread))}}));
  }
  return trials;
}

TEST(PreciseEnough, only_from_min_blocks_on) {
  EXPECT_FALSE(precise_enough(two_rounds(), blocks(3, 0.0001)));
  EXPECT_TRUE(precise_enough(two_rounds(), blocks(4, 0.0001)));
}

TEST(PreciseEnough, only_when_narrow) {
  EXPECT_FALSE(precise_enough(two_rounds(), blocks(4, 0.05)));
  EXPECT_FALSE(precise_enough(two_rounds(), blocks(10, 0.05)));
  EXPECT_TRUE(precise_enough(two_rounds(), blocks(40, 0.05)));
}

TEST(PreciseEnough, never_without_a_metric) {
  auto plan = two_rounds();
  plan.experiment.protocol.until_metric.reset();
  EXPECT_FALSE(precise_enough(plan, blocks(40, 0.0)));
  plan.experiment.protocol.until_metric = "no_such_metric";
  EXPECT_FALSE(precise_enough(plan, blocks(40, 0.0)));
  plan.experiment.protocol.until_metric = "prefill_tps";   // which these trials lack
  EXPECT_FALSE(precise_enough(plan, blocks(40, 0.0)));
  EXPECT_FALSE(precise_enough(two_rounds(), {}));
}

TEST(PreciseEnough, a_block_with_a_failure_does_not_count) {
  auto trials = blocks(3, 0.0001);
  trials.push_back(trial_of(0, 3, {{"decode_tps", 100.0}}));
  trials.push_back(bad_trial(1, 3, Status::failed, "died"));
  EXPECT_FALSE(precise_enough(two_rounds(), trials));
  trials.push_back(trial_of(0, 4, {{"decode_tps", 100.0}}));
  trials.push_back(trial_of(1, 4, {{"decode_tps", 130.0}}));
  EXPECT_TRUE(precise_enough(two_rounds(), trials));
}

TEST(PreciseEnough, warm_up_trials_do_not_count) {
  auto trials = blocks(4, 0.0001);
  for (auto& trial : trials) trial.planned.kind = TrialKind::warmup;
  EXPECT_FALSE(precise_enough(two_rounds(), trials));
}

TEST(PreciseEnough, every_cell_counts_but_those_that_never_ran) {
  auto plan = plan_of({round_of("baseline", "baseline"), round_of("fa", "parallelization"),
                       round_of("refused", "caching"), round_of("broken", "caching"), round_of("noisy", "caching")});
  plan.experiment.protocol = two_rounds().experiment.protocol;
  plan.cells[2].refused = "no";
  auto trials = blocks(10, 0.0001);
  for (int block = 0; block < 10; ++block) trials.push_back(bad_trial(3, block, Status::timeout, "hung"));
  EXPECT_TRUE(precise_enough(plan, trials));
  for (int block = 0; block < 10; ++block)
    trials.push_back(trial_of(4, block, {{"decode_tps", block % 2 ? 50.0 : 150.0}}));
  EXPECT_FALSE(precise_enough(plan, trials));
}

TEST(PreciseEnough, of_some_cells_others_decide_nothing) {
  auto plan = plan_of({round_of("baseline", "baseline"), round_of("fa", "parallelization"), round_of("noisy", "caching")});
  plan.experiment.protocol = two_rounds().experiment.protocol;
  auto trials = blocks(10, 0.0001);
  for (int block = 0; block < 10; ++block)
    trials.push_back(trial_of(2, block, {{"decode_tps", block % 2 ? 50.0 : 150.0}}));
  EXPECT_FALSE(precise_enough(plan, trials));
  EXPECT_TRUE(precise_enough(plan, trials, {true, true, false}));
  EXPECT_FALSE(precise_enough(plan, trials, {false, false, true}));
  EXPECT_FALSE(precise_enough(plan, trials, {false, false, false}));
}

TEST(PreciseEnough, with_baselines_alone_their_means_decide) {
  auto plan = plan_of({round_of("baseline", "baseline")});
  plan.experiment.protocol = two_rounds().experiment.protocol;
  std::vector<TrialResult> steady;
  std::vector<TrialResult> noisy;
  for (int block = 0; block < 6; ++block) {
    steady.push_back(trial_of(0, block, {{"decode_tps", block % 2 ? 100.0 : 100.5}}));
    noisy.push_back(trial_of(0, block, {{"decode_tps", block % 2 ? 100.0 : 140.0}}));
  }
  EXPECT_TRUE(precise_enough(plan, steady));
  EXPECT_FALSE(precise_enough(plan, noisy));
}

TEST(PreciseEnough, works_for_a_metric_of_the_comparison) {
  auto plan = two_rounds();
  plan.experiment.protocol.until_metric = "e2e_norm_ms";
  std::vector<TrialResult> trials;
  for (int block = 0; block < 4; ++block)
    for (std::size_t cell : {0u, 1u})
      trials.push_back(trial_of(
          cell, block,
          {{"ttft_ms", 10.0 + block * 0.001}, {"tpot_ms", 5.0}, {"system_tps", 100.0}, {"requests_per_s", 2.0}}));
  EXPECT_TRUE(precise_enough(plan, trials));
}

}  // namespace
}  // namespace edgelab::stats
