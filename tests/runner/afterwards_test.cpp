#include "runner/afterwards.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runner/fakes.hpp"

namespace edgelab::runner {
namespace {

using namespace std::chrono_literals;
using ::testing::SizeIs;

TEST(Progress, tells_how_many_of_how_many_and_how_long) {
  testing::Listener listener;
  auto const begin = Clock::time_point{} + 1h;
  Progress progress(listener, "texts", "tokens", 100, begin);
  progress.begins(3);
  ASSERT_THAT(listener.after, SizeIs(1));
  EXPECT_EQ(listener.after[0].what, "texts");
  EXPECT_EQ(listener.after[0].unit, "tokens");
  EXPECT_EQ(listener.after[0].cell, 3U);
  EXPECT_EQ(listener.after[0].done, 0);
  EXPECT_EQ(listener.after[0].at_most, 100);
  EXPECT_FALSE(listener.after[0].left_s);    // nothing has been done yet
  progress.did(20, begin + 10s);
  EXPECT_EQ(listener.after.back().done, 20);
  EXPECT_NEAR(*listener.after.back().left_s, 40.0, 1e-9);
}

// What an earlier session did is done, and says nothing of how fast this one is.
TEST(Progress, what_is_known_already_is_no_pace) {
  testing::Listener listener;
  auto const begin = Clock::time_point{} + 1h;
  Progress progress(listener, "texts", "tokens", 100, begin);
  progress.known(60);
  EXPECT_TRUE(listener.after.empty());    // it took no time
  progress.did(10, begin + 5s);
  EXPECT_EQ(listener.after.back().done, 70);
  EXPECT_NEAR(*listener.after.back().left_s, 15.0, 1e-9);
  progress.at_most(80);
  progress.begins(1);
  EXPECT_NEAR(*listener.after.back().left_s, 5.0, 1e-9);
  progress.at_most(20);    // never less than there is
  progress.begins(2);
  EXPECT_EQ(listener.after.back().at_most, 70);
  EXPECT_NEAR(*listener.after.back().left_s, 0.0, 1e-9);
}

}  // namespace
}  // namespace edgelab::runner
