#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "plan/random.hpp"
#include "plan/samples.hpp"

namespace edgelab::plan {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

std::vector<std::size_t> indices(std::vector<DrawnRequest> const& drawn) {
  std::vector<std::size_t> result;
  for (auto const& request : drawn) result.push_back(request.request);
  return result;
}

std::vector<std::int64_t> arrivals(std::vector<DrawnRequest> const& drawn) {
  std::vector<std::int64_t> result;
  for (auto const& request : drawn) result.push_back(request.arrival_us.value_or(-1));
  return result;
}

TEST(DrawRequests, AllInTheOrderOfTheFile) {
  EXPECT_THAT(indices(draw_requests(sample_workload("w", 4), 5)), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(arrivals(draw_requests(sample_workload("w", 2), 5)), ElementsAre(-1, -1));   // closed: none fixed
}

TEST(DrawRequests, SomeWithoutRepeatsAndTheSameForASeed) {
  auto workload = sample_workload("w", 20);
  workload.per_trial = 8;
  Random random(3);
  std::set<std::vector<std::size_t>> draws;
  std::vector<int> counts(20, 0);
  for (int i = 0; i < 2000; ++i) {
    auto const seed = random.next();
    auto const drawn = indices(draw_requests(workload, seed));
    ASSERT_THAT(drawn, SizeIs(8));
    ASSERT_THAT(std::set<std::size_t>(drawn.begin(), drawn.end()), SizeIs(8));
    ASSERT_EQ(drawn, indices(draw_requests(workload, seed)));
    draws.insert(drawn);
    for (auto const index : drawn) ++counts.at(index);
  }
  EXPECT_GT(draws.size(), 1990U);
  // Each is drawn with probability 0.4: 800 of 2000, standard deviation 22.
  for (int const count : counts) EXPECT_NEAR(count, 800, 110);
}

TEST(DrawRequests, ConversationsAreDrawnWhole) {
  auto workload = sample_workload("w", 30);
  for (std::size_t i = 0; i < 30; ++i) workload.requests[i].follows = i % 3 != 0;   // ten of three turns
  workload.per_trial = 4;
  workload.arrivals.kind = Arrivals::Kind::constant;
  workload.arrivals.rate_per_s = 1.0;
  auto const drawn = draw_requests(workload, 9);
  ASSERT_THAT(drawn, SizeIs(12));
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(drawn[i].request % 3, i % 3);
    if (i % 3 > 0) {
      EXPECT_EQ(drawn[i].request, drawn[i - 1].request + 1);
      EXPECT_EQ(drawn[i].arrival_us, std::nullopt) << "it arrives when the turn before has ended";
    } else {
      EXPECT_EQ(drawn[i].arrival_us, static_cast<std::int64_t>(i / 3) * 1'000'000);
    }
  }
}

TEST(DrawRequests, MoreThanThereAre) {
  auto workload = sample_workload("w", 3);
  workload.per_trial = 9;
  EXPECT_THAT(draw_requests(workload, 1), SizeIs(3));
}

TEST(DrawRequests, FixedArrivals) {
  auto workload = sample_workload("w", 3);
  workload.arrivals.kind = Arrivals::Kind::burst;
  EXPECT_THAT(arrivals(draw_requests(workload, 1)), ElementsAre(0, 0, 0));
  workload.arrivals.kind = Arrivals::Kind::constant;
  workload.arrivals.rate_per_s = 4.0;
  EXPECT_THAT(arrivals(draw_requests(workload, 1)), ElementsAre(0, 250'000, 500'000));
  workload.arrivals.kind = Arrivals::Kind::trace;
  workload.arrivals.times_s = {0.5, 0.5, 7.0};
  EXPECT_THAT(arrivals(draw_requests(workload, 1)), ElementsAre(500'000, 500'000, 7'000'000));
}

TEST(DrawRequests, PoissonArrivals) {
  auto workload = sample_workload("w", 20'000);
  workload.arrivals.kind = Arrivals::Kind::poisson;
  workload.arrivals.rate_per_s = 5.0;
  auto const times = arrivals(draw_requests(workload, 42));
  EXPECT_TRUE(std::ranges::is_sorted(times));
  EXPECT_EQ(times, arrivals(draw_requests(workload, 42)));
  EXPECT_NE(times, arrivals(draw_requests(workload, 43)));
  // Gaps are exponential with mean 0.2 s: their mean is within 4 standard errors, and a share of 1/e is longer.
  double const mean_s = static_cast<double>(times.back()) * 1e-6 / 20'000;
  EXPECT_NEAR(mean_s, 0.2, 4 * 0.2 / std::sqrt(20'000.0));
  int longer = 0;
  for (std::size_t i = 1; i < times.size(); ++i) longer += times[i] - times[i - 1] > 200'000 ? 1 : 0;
  EXPECT_NEAR(longer / 20'000.0, std::exp(-1.0), 0.015);
}

}  // namespace
}  // namespace edgelab::plan
