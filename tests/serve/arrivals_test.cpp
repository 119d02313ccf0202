// Open and closed loop, without a clock.
#include <gtest/gtest.h>

#include "serve/arrivals.hpp"

namespace edgelab::serve {
namespace {

using std::chrono::microseconds;
using Times = std::vector<std::optional<std::int64_t>>;

Clock::time_point at(std::int64_t us) { return Clock::time_point(microseconds(us)); }

TEST(Arrivals, ClosedLoopKeepsSoManyInFlight) {
  Arrivals arrivals(Times(3), 2);
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
  arrivals.ended(at(50));
  EXPECT_EQ(arrivals.next(), at(50));
  auto const third = arrivals.take(at(60));
  ASSERT_TRUE(third);
  EXPECT_EQ(third->request, 2U);
  EXPECT_EQ(third->at, at(50));
  EXPECT_FALSE(arrivals.pass_over());
  arrivals.ended(at(70));
  EXPECT_FALSE(arrivals.pass_over());
  arrivals.ended(at(80));
  EXPECT_TRUE(arrivals.pass_over());
}

TEST(Arrivals, OpenLoopFollowsTheTimesGivenInEachPass) {
  Arrivals arrivals(Times{300, 0, 300}, 1);
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
    for (int i = 0; i < 3; ++i) arrivals.ended(at(start + 1000));
    EXPECT_TRUE(arrivals.pass_over());
  }
}

}  // namespace
}  // namespace edgelab::serve
