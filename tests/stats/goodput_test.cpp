#include "stats/goodput.hpp"

#include <gtest/gtest.h>

#include "stats/metrics.hpp"
#include "stats/samples.hpp"

namespace edgelab::stats {
namespace {

using testing::SampleRequest;
using testing::timeline_of;

// First tokens after 50, 100 and 200 ms; then 20 ms, 10 ms (four tokens in 40 ms), none: a single token.
Timeline three_requests() {
  return timeline_of({SampleRequest{.prefill_ms = 10, .prompt_tokens = 5, .emissions = {{50, 1}, {20, 1}, {20, 1}}},
                      SampleRequest{.prefill_ms = 10, .prompt_tokens = 5, .emissions = {{100, 1}, {40, 4}}},
                      SampleRequest{.prefill_ms = 10, .prompt_tokens = 5, .emissions = {{200, 1}}}});
}

std::int64_t within(std::optional<double> ttft_ms, std::optional<double> tpot_ms) {
  return requests_within({.ttft_ms = ttft_ms, .tpot_ms = tpot_ms}, three_requests());
}

TEST(Goodput, BoundsAreKeptWhereTheyAreMetExactly) {
  EXPECT_EQ(within(49.9, {}), 0);
  EXPECT_EQ(within(50, {}), 1);
  EXPECT_EQ(within(100, {}), 2);
  EXPECT_EQ(within(200, {}), 3);
}

TEST(Goodput, TokensOfOneEmissionShareItsGap) {
  EXPECT_EQ(within({}, 9.9), 1) << "only the one whose single token has no gap";
  EXPECT_EQ(within({}, 10), 2);
  EXPECT_EQ(within({}, 20), 3);
}

TEST(Goodput, BothBoundsHaveToBeMetByTheSameRequest) { EXPECT_EQ(within(60, 10), 0); }

TEST(Goodput, IsARatePerSecondAndOnlyWhereABoundIsGiven) {
  auto const timeline = three_requests();
  auto const rate = value_of(metrics_of(timeline, {}, Slo{.ttft_ms = 100, .tpot_ms = {}}), "goodput_rps");
  auto const all = value_of(metrics_of(timeline, {}), "requests_per_s");
  ASSERT_TRUE(rate && all);
  EXPECT_NEAR(*rate, *all * 2 / 3, 1e-9);
  EXPECT_EQ(value_of(metrics_of(timeline, {}), "goodput_rps"), std::nullopt);
}

}  // namespace
}  // namespace edgelab::stats
