// The noise floor of runs whose spread is known, and the blocks that an effect needs.
#include "stats/noise.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "stats/estimate.hpp"
#include "stats/power.hpp"
#include "stats/samples.hpp"

namespace edgelab::stats {
namespace {

TEST(Power, standard_deviation) {
  EXPECT_DOUBLE_EQ(standard_deviation(std::vector{2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0}), std::sqrt(32.0 / 7.0));
  EXPECT_EQ(standard_deviation(std::vector{3.0}), 0.0);
}

// t(0.975, 9) = 2.262157 and t(0.8, 9) = 0.883404, from tables of Student's t; ten values of deviation 1.
TEST(Power, detectable_mean) {
  EXPECT_NEAR(detectable_mean(1.0, 10, 0.95), (2.262157 + 0.883404) / std::sqrt(10.0), 1e-6);
}

TEST(Power, blocks_needed_is_where_the_effect_becomes_detectable) {
  for (double const deviation : {0.005, 0.02, 0.1})
    for (double const effect : {0.01, 0.05, 0.3}) {
      auto const blocks = blocks_needed(deviation, effect, 0.955);
      ASSERT_TRUE(blocks);
      EXPECT_LE(detectable_mean(deviation, *blocks, 0.955), std::log1p(effect));
      if (*blocks > 3) {
        EXPECT_GT(detectable_mean(deviation, *blocks - 1, 0.955), std::log1p(effect));
      }
    }
  // For many blocks the normal distribution's: ((1.959964 + 0.841621) * 0.1 / log(1.01))^2 = 792.7.
  EXPECT_NEAR(*blocks_needed(0.1, 0.01, 0.95), 793, 3);
  EXPECT_EQ(blocks_needed(0.0, 0.01, 0.95), 3);
  EXPECT_FALSE(blocks_needed(0.1, 0.01, 0.95, 700));
}

// The promise itself: of simulated runs of so many blocks with such an effect, four in five find it.
TEST(Power, four_in_five_find_it) {
  constexpr double deviation = 0.03;
  constexpr double effect = 0.02;
  auto const blocks = *blocks_needed(deviation, effect, 0.95);
  std::mt19937_64 random(11);
  std::normal_distribution<double> noise(std::log1p(effect), deviation);
  int found = 0;
  constexpr int runs = 2000;
  for (int run = 0; run < runs; ++run) {
    std::vector<double> logs(static_cast<std::size_t>(blocks));
    for (auto& value : logs) value = noise(random);
    found += (*mean_interval(logs).ci95)[0] > 0.0 ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(found) / runs, 0.8, 0.03);
}

Plan a_a_plan() {
  auto plan = testing::plan_of({testing::round_of("once", "baseline"), testing::round_of("again", "custom")});
  plan.cells[1].baseline = 0;
  return plan;
}

// One log ratio a block, half up and half down by `step`.
std::vector<TrialResult> trials_with(double step, int blocks) {
  std::vector<TrialResult> trials;
  for (int block = 0; block < blocks; ++block) {
    double const factor = std::exp(block % 2 == 0 ? step : -step);
    trials.push_back(testing::trial_of(0, block, {{"decode_tps", 100.0}, {"ttft_ms", 20.0}, {"e2e_ms", 600.0}}));
    trials.push_back(
        testing::trial_of(1, block, {{"decode_tps", 100.0 * factor}, {"ttft_ms", 20.0}, {"e2e_ms", 606.0}}));
    trials[trials.size() - 2].wall_ms = 1200.0;
    trials.back().wall_ms = 1300.0;
  }
  return trials;
}

TEST(NoiseFloor, of_a_known_spread) {
  auto const noise = noise_floor(a_a_plan(), trials_with(0.02, 10), 1, 0.955);
  EXPECT_EQ(noise.blocks, 10);
  EXPECT_DOUBLE_EQ(noise.seconds_per_block, 2.5);
  ASSERT_EQ(noise.metrics.size(), 3U);
  auto const& decode = noise.metrics[0];
  EXPECT_EQ(decode.name, "decode_tps");
  EXPECT_NEAR(decode.ratio, 1.0, 1e-12);
  double const deviation = 0.02 * std::sqrt(10.0 / 9.0);
  EXPECT_NEAR(decode.sd_log, deviation, 1e-12);
  EXPECT_NEAR(*decode.detectable, std::exp(detectable_mean(deviation, 10, 0.95)), 1e-12);
  ASSERT_EQ(decode.efforts.size(), 4U);
  for (auto const& effort : decode.efforts) {
    EXPECT_EQ(effort.blocks, *blocks_needed(deviation, effort.effect, 0.955));
    EXPECT_DOUBLE_EQ(effort.seconds, effort.blocks * 2.5);
  }
  // What never varies takes no blocks to be told about; and a whole per cent more every time is a false difference.
  EXPECT_EQ(noise.metrics[1].name, "ttft_ms");
  EXPECT_TRUE(noise.metrics[1].efforts.empty());
  EXPECT_EQ(noise.comparisons, 3);
  EXPECT_EQ(noise.false_differences, 1);
  EXPECT_EQ(noise.false_after_adjustment, 1);
}

TEST(NoiseFloor, an_effect_that_takes_more_than_a_day_is_left_out) {
  auto trials = trials_with(0.2, 10);
  for (auto& trial : trials) trial.wall_ms = 60'000.0;
  auto const noise = noise_floor(a_a_plan(), trials, 1, 0.955);
  ASSERT_EQ(noise.metrics[0].efforts.size(), 2U);
  EXPECT_EQ(noise.metrics[0].efforts[1].effect, 0.05);
  for (auto const& effort : noise.metrics[0].efforts) EXPECT_LE(effort.seconds, 86'400.0);
}

TEST(NoiseFloor, failed_trials_and_other_kinds_are_in_nothing) {
  auto trials = trials_with(0.02, 6);
  trials.push_back(testing::bad_trial(1, 6, Status::failed, "died"));
  trials.push_back(testing::trial_of(0, 6, {{"decode_tps", 1.0}}));
  trials.push_back(testing::trial_of(1, 0, {{"decode_tps", 5.0}}, TrialKind::warmup));
  EXPECT_EQ(noise_floor(a_a_plan(), trials, 1, 0.955).blocks, 6);
  EXPECT_NEAR(noise_floor(a_a_plan(), trials, 1, 0.955).metrics[0].ratio, 1.0, 1e-12);
}

TEST(NoiseFloor, of_too_few_blocks_says_nothing) {
  auto const noise = noise_floor(a_a_plan(), trials_with(0.02, 1), 1, 0.955);
  EXPECT_EQ(noise.comparisons, 0);
  EXPECT_TRUE(noise.metrics.empty());
}

}  // namespace
}  // namespace edgelab::stats
