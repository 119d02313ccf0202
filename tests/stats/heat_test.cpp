// Throttled blocks, waits, and throughput against time.
#include <gmock/gmock.h>

#include <cmath>

#include "stats/metrics.hpp"
#include "stats/samples.hpp"
#include "stats/sustained.hpp"
#include "stats/thermal.hpp"

namespace edgelab::stats {
namespace {

using testing::bad_trial;
using ::testing::ElementsAre;
using testing::plan_of;
using testing::round_of;
using ::testing::SizeIs;
using testing::trial_of;

TEST(Thermal, blocks_with_a_throttled_trial) {
  std::vector<TrialResult> const trials{trial_of(0, 0, {{"throttled", 0.0}, {"temp_max_c", 70.0}}),
                                        trial_of(1, 0, {{"throttled", 0.0}}),
                                        trial_of(0, 1, {{"throttled", 1.0}, {"temp_max_c", 91.5}}),
                                        trial_of(1, 1, {{"throttled", 0.0}}),
                                        trial_of(0, 2, {{"decode_tps", 5.0}}),  // nothing told of it
                                        trial_of(0, 0, {{"throttled", 1.0}, {"temp_max_c", 99.0}}, TrialKind::warmup),
                                        bad_trial(0, 3, Status::failed, "it broke")};
  auto const summary = thermal_summary(trials, {});
  EXPECT_EQ(summary.blocks_watched, 2);
  EXPECT_THAT(summary.throttled_blocks, ElementsAre(1));
  EXPECT_EQ(summary.hottest_c, 91.5);
  EXPECT_FALSE(summary.cool_down);
  EXPECT_EQ(thermal_summary({}, {}).blocks_watched, 0);
}

TEST(Thermal, waits_are_added_up) {
  std::vector<CoolDownWait> const waits{
      {.block = 0, .started = {}, .waited_s = 10.0, .from_c = 80.0, .to_c = 60.0, .target_c = 60.0, .reached = true},
      {.block = 1, .started = {}, .waited_s = 30.0, .from_c = 85.0, .to_c = 71.0, .target_c = 60.0, .reached = false}};
  auto const told = thermal_summary({}, waits).cool_down;
  ASSERT_TRUE(told);
  EXPECT_EQ(told->waits, 2);
  EXPECT_EQ(told->not_reached, 1);
  EXPECT_DOUBLE_EQ(told->waited_s, 40.0);
  EXPECT_DOUBLE_EQ(told->longest_s, 30.0);
  EXPECT_DOUBLE_EQ(told->target_c, 60.0);
}

TrialResult sustained(std::int32_t number, double tps, double wall_s, std::map<std::string, double> more = {}) {
  more["decode_tps"] = tps;
  auto trial = trial_of(0, number, more, TrialKind::sustained);
  trial.wall_ms = wall_s * 1000.0;
  return trial;
}

TEST(Sustained, windows_of_equal_time) {
  auto const plan = plan_of({round_of("baseline", "baseline")});
  std::vector<TrialResult> trials;
  // Forty trials of a second: 100 tok/s at first, half of that from the middle on.
  for (std::int32_t i = 0; i < 40; ++i)
    trials.push_back(sustained(i, i < 20 ? 100.0 + i % 2 : 50.0 + i % 2, 1.0,
                               {{"temp_c", 50.0 + i}, {"throttled", i < 20 ? 0.0 : 1.0}}));
  trials.push_back(trial_of(0, 0, {{"decode_tps", 7.0}}));  // a timed one
  auto const found = sustained_summaries(plan, trials);
  ASSERT_THAT(found, SizeIs(1));
  auto const& cell = found[0];
  EXPECT_EQ(cell.metric, "decode_tps");
  EXPECT_EQ(cell.unit, "tok/s");
  EXPECT_DOUBLE_EQ(cell.seconds, 40.0);
  EXPECT_THAT(cell.points, SizeIs(40));
  EXPECT_EQ(cell.points[3].at_s, 3.0);
  EXPECT_EQ(cell.points[3].throttled, false);
  ASSERT_THAT(cell.windows, SizeIs(10));
  EXPECT_EQ(cell.windows[0].trials, 4);
  EXPECT_DOUBLE_EQ(cell.windows[0].value, 100.5);
  EXPECT_DOUBLE_EQ(*cell.windows[0].temp_c, 51.5);
  EXPECT_DOUBLE_EQ(*cell.windows[0].throttled, 0.0);
  EXPECT_DOUBLE_EQ(*cell.windows[9].throttled, 1.0);
  EXPECT_FALSE(cell.windows[0].power_w);
  EXPECT_DOUBLE_EQ(cell.windows[9].from_s, 36.0);
  ASSERT_TRUE(cell.ratio && cell.ci95);
  EXPECT_NEAR(*cell.ratio, std::sqrt(50.0 * 51.0) / std::sqrt(100.0 * 101.0), 1e-9);
  EXPECT_LT((*cell.ci95)[1], 1.0);
}

TEST(Sustained, few_trials_failed_ones_and_none) {
  auto const plan = plan_of({round_of("baseline", "baseline")});
  EXPECT_TRUE(sustained_summaries(plan, std::vector{trial_of(0, 0, {{"decode_tps", 7.0}})}).empty());
  auto const one = sustained_summaries(plan, std::vector{sustained(0, 10.0, 2.0)});
  ASSERT_THAT(one, SizeIs(1));
  EXPECT_THAT(one[0].windows, SizeIs(1));
  EXPECT_FALSE(one[0].ratio);
  // A failed trial takes its time and has no value.
  auto failed = bad_trial(0, 1, Status::failed, "it broke", TrialKind::sustained);
  failed.wall_ms = 5000.0;
  auto const beside = sustained_summaries(plan, std::vector{sustained(0, 10.0, 2.0), failed, sustained(2, 11.0, 2.0)});
  EXPECT_THAT(beside[0].points, SizeIs(2));
  EXPECT_DOUBLE_EQ(beside[0].points[1].at_s, 7.0);
}

TEST(Sustained, welchs_interval) {
  // Logs 0, 1, 2 against 1, 2, 3, 4, 5: difference 2; errors 1/3 and 1/2; 5.8824 degrees of freedom, t 2.45882.
  std::vector<double> const a{1.0, std::exp(1.0), std::exp(2.0)};
  std::vector<double> const b{std::exp(1.0), std::exp(2.0), std::exp(3.0), std::exp(4.0), std::exp(5.0)};
  auto const found = unpaired_ratio(b, a);
  ASSERT_TRUE(found && found->ci95);
  EXPECT_NEAR(std::log(found->ratio), 2.0, 1e-12);
  double const half = std::log(found->ratio) - std::log((*found->ci95)[0]);
  EXPECT_NEAR(half / std::sqrt(1.0 / 3.0 + 0.5), 2.45882, 1e-4);
  EXPECT_FALSE(unpaired_ratio(b, std::vector<double>{1.0})->ci95);
  EXPECT_FALSE(unpaired_ratio(b, std::vector<double>{0.0, 1.0}));
  EXPECT_FALSE(unpaired_ratio({}, a));
  auto const same = unpaired_ratio(std::vector<double>{2.0, 2.0}, std::vector<double>{1.0, 1.0});
  EXPECT_EQ((*same->ci95)[0], same->ratio);
}

}  // namespace
}  // namespace edgelab::stats
