// Waiting for the processor to cool: one reading of its temperature after the other.
#include "runner/cool_down.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "runner/fakes.hpp"

namespace edgelab::runner {
namespace {

using ::testing::SizeIs;

struct CoolDownTest : ::testing::Test {
  testing::Listener listener;
  std::stop_source stop;
  PlannedTrial const before{.kind = TrialKind::timed, .block = 3, .position = 1};
  // One reading after the other, the last one for ever.
  std::vector<std::optional<double>> readings;
  std::size_t read = 0;
  std::optional<CoolDownWait> wait(CoolDown const& rule, double target) {
    return cool_down(
        rule, target, before, [&] { return readings[std::min(read++, readings.size() - 1)]; }, listener,
        stop.get_token());
  }
};

TEST_F(CoolDownTest, waits_until_it_is_cool) {
  readings = {80.0, 70.0, 61.0, 60.0};
  auto const waited = wait({}, 60.0);
  ASSERT_TRUE(waited);
  EXPECT_TRUE(waited->reached);
  EXPECT_EQ(waited->from_c, 80.0);
  EXPECT_EQ(waited->to_c, 60.0);
  EXPECT_EQ(waited->target_c, 60.0);
  EXPECT_EQ(waited->block, 3);
  EXPECT_EQ(waited->position, 1);
  EXPECT_GT(waited->waited_s, 0.0);
  EXPECT_THAT(listener.cooling, SizeIs(3));
  EXPECT_EQ(listener.cooling.back().temp_c, 61.0);
  EXPECT_THAT(listener.waits, SizeIs(1));
}

TEST_F(CoolDownTest, is_no_wait_where_it_is_cool_or_nothing_is_told) {
  readings = {60.0};
  EXPECT_FALSE(wait({}, 60.0));
  readings = {std::nullopt};
  EXPECT_FALSE(wait({}, 60.0));
  EXPECT_THAT(listener.cooling, SizeIs(0));
}

TEST_F(CoolDownTest, ends_at_the_limit_or_with_its_sensor) {
  readings = {80.0};
  auto const limited = wait({.to_c = {}, .limit_s = 0.05}, 60.0);
  ASSERT_TRUE(limited);
  EXPECT_FALSE(limited->reached);
  EXPECT_GE(limited->waited_s, 0.05);
  EXPECT_EQ(limited->to_c, 80.0);
  readings = {80.0, std::nullopt};
  read = 0;
  auto const lost = wait({}, 60.0);
  ASSERT_TRUE(lost);
  EXPECT_FALSE(lost->reached);
}

TEST_F(CoolDownTest, a_stop_ends_it_and_leaves_no_row) {
  readings = {80.0};
  listener.on_cooling = [&] { stop.request_stop(); };
  EXPECT_FALSE(wait({.to_c = {}, .limit_s = 3600.0}, 60.0));
  EXPECT_THAT(listener.waits, SizeIs(0));
}

TEST(WaitsBefore, blocks_or_trials_of_timed_ones) {
  CoolDown const blocks;
  CoolDown const trials{.before = CoolDown::Before::trial, .to_c = {}};
  PlannedTrial const timed{.kind = TrialKind::timed, .block = 2, .position = 1};
  EXPECT_TRUE(waits_before(blocks, timed, true));
  EXPECT_FALSE(waits_before(blocks, timed, false));
  EXPECT_TRUE(waits_before(trials, timed, false));
  for (auto const kind : {TrialKind::warmup, TrialKind::memory})
    EXPECT_FALSE(waits_before(trials, {.kind = kind}, true));
  EXPECT_TRUE(waits_before(blocks, {.kind = TrialKind::sustained, .block = 0}, false));
  EXPECT_FALSE(waits_before(trials, {.kind = TrialKind::sustained, .block = 1}, false));
}

}  // namespace
}  // namespace edgelab::runner
