// Open and closed loop, without a clock.
#include <gtest/gtest.h>

#include "serve/arrivals.hpp"

namespace edgelab::serve {
namespace {

using std::chrono::microseconds;
using Rules = std::vector<wire::ArrivalRule>;

Clock::time_point at(std::int64_t us) { return Clock::time_point(microseconds(us)); }

TEST(Arrivals, ClosedLoopKeepsSoManyInFlight) {
  Arrivals arrivals(Rules(3), 2);
  EXPECT_TRUE(arrivals.pass_over());
  arrivals.begin_pass(at(10));
  auto const first = arrivals.take(at(10));
  auto const second = arrivals.take(at(10));
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->request, 0U);
  EXPECT_EQ(second->request, 1U);
  EXPECT_EQ(second->at, at(10));
  EXPECT_FALSE(arrivals.take(at(1000)));
  EXPECT_FALSE(arrivals.next());
  arrivals.ended(0, at(50));
  EXPECT_EQ(arrivals.next(), at(50));
  auto const third = arrivals.take(at(60));
  ASSERT_TRUE(third);
  EXPECT_EQ(third->request, 2U);
  EXPECT_EQ(third->at, at(50));
  EXPECT_FALSE(arrivals.pass_over());
  arrivals.ended(1, at(70));
  EXPECT_FALSE(arrivals.pass_over());
  arrivals.ended(2, at(80));
  EXPECT_TRUE(arrivals.pass_over());
}

TEST(Arrivals, OpenLoopFollowsTheTimesGivenInEachPass) {
  Arrivals arrivals(Rules{{.at_us = 300}, {.at_us = 0}, {.at_us = 300}}, 1);
  for (std::int64_t const start : {1000, 5000}) {
    arrivals.begin_pass(at(start));
    auto const first = arrivals.take(at(start));
    ASSERT_TRUE(first);
    EXPECT_EQ(first->request, 1U);
    EXPECT_FALSE(arrivals.take(at(start + 299)));
    EXPECT_EQ(arrivals.next(), at(start + 300));
    EXPECT_EQ(arrivals.take(at(start + 900))->request, 0U);   // of one time: in the order given
    auto const last = arrivals.take(at(start + 900));
    EXPECT_EQ(last->request, 2U);
    EXPECT_EQ(last->at, at(start + 300));
    EXPECT_EQ(last->pass, start == 1000 ? 0 : 1);
    for (std::size_t i = 0; i < 3; ++i) arrivals.ended(i, at(start + 1000));
    EXPECT_TRUE(arrivals.pass_over());
  }
}

TEST(Arrivals, WhatFollowsArrivesWhenTheOneBeforeHasEndedAndKeepsItsPlace) {
  // Two conversations of two turns, one of them in flight; then in an open loop.
  Arrivals closed(Rules{{}, {.after = 0}, {}, {.after = 2}}, 1);
  closed.begin_pass(at(0));
  for (std::size_t const expected : {0U, 1U, 2U, 3U}) {
    auto const taken = closed.take(at(1000));
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->request, expected);
    EXPECT_FALSE(closed.take(at(1000))) << "one at a time";
    EXPECT_FALSE(closed.pass_over());
    closed.ended(expected, at(static_cast<std::int64_t>(expected) * 10));
  }
  EXPECT_TRUE(closed.pass_over());

  Arrivals open(Rules{{.at_us = 0}, {.after = 0}, {.at_us = 50}}, 1);
  open.begin_pass(at(0));
  ASSERT_TRUE(open.take(at(0)));
  open.ended(0, at(20));
  EXPECT_EQ(open.next(), at(20)) << "before the one that arrives by its time later";
  EXPECT_EQ(open.take(at(60))->request, 1U);
  EXPECT_EQ(open.take(at(60))->request, 2U);
}

}  // namespace
}  // namespace edgelab::serve
