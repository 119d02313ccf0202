// Trials whose truth is known: what an honest executor's times look like, and those of ones that lie.
#include "stats/live.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "stats/samples.hpp"

namespace edgelab::stats {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t us = 1'000;
constexpr std::int64_t ms = 1'000'000;

// Requests one after the other, 50 tokens each 10 ms apart, heard 40 to 100 us after they happened; the trial begins
// 3 ms after it was asked for, and its timeline comes 0.5 ms after its end.
struct Sample {
  Timeline timeline;
  std::vector<Heard> heard;
  std::int64_t answered_ns = 0;

  explicit Sample(int requests = 4) {
    std::mt19937 random(7);
    std::int64_t at = 3 * ms;
    for (int r = 0; r < requests; ++r) {
      testing::SampleRequest request{.arrival_ms = r == 0 ? 0 : 520, .emissions = {{30}}};
      for (int i = 0; i < 49; ++i) request.emissions.push_back({10});
      testing::append(timeline, request);
      for (std::size_t i = 0; i < request.emissions.size(); ++i) {
        at += request.emissions[i].gap_ms * ms;
        heard.push_back({timeline.requests.id.back(), 1, at + static_cast<std::int64_t>(40 + random() % 60) * us});
      }
    }
    answered_ns = at + ms / 2;
  }

  [[nodiscard]] LiveCheck check(std::int64_t pipe_ns = 50 * us) const {
    return compare_live({.timeline = &timeline, .heard = heard, .answered_ns = answered_ns, .pipe_ns = pipe_ns});
  }

  void report_at(double rate) {
    auto& r = timeline.requests;
    for (auto* const column : {&r.arrival_ns, &r.end_ns, &timeline.emissions.gap_ns})
      for (auto& time : *column) time = static_cast<std::int64_t>(static_cast<double>(time) * rate);
  }

  void report_early(std::int64_t by_ns) {
    for (std::size_t row = 0; row < timeline.requests.id.size(); ++row) timeline.emissions.gap_ns[row * 50] -= by_ns;
  }
};

TEST(Live, an_honest_executor) {
  auto const check = Sample().check();
  EXPECT_EQ(check.verdict, "honest") << check.reason;
  EXPECT_EQ(check.emissions, 200);
  EXPECT_DOUBLE_EQ(*check.pipe_ms, 0.05);
  EXPECT_DOUBLE_EQ(*check.tolerance_ms, 2.0);
  EXPECT_NEAR(*check.early_ms, -0.43, 0.03);    // the way of a token less the half millisecond of writing
  EXPECT_NEAR(*check.drift_ms, 0.0, 0.03);
}

TEST(Live, tokens_that_are_reported_before_they_happen) {
  Sample sample;
  sample.report_early(5 * ms);
  auto const check = sample.check();
  EXPECT_EQ(check.verdict, "early");
  EXPECT_NEAR(*check.early_ms, 4.57, 0.03);
  EXPECT_THAT(check.reason, HasSubstr("4.6 ms"));
  EXPECT_THAT(check.reason, HasSubstr("up to 2.0 ms"));

  Sample little;
  little.report_early(2 * ms);
  EXPECT_EQ(little.check().verdict, "honest") << "what it says it can tell, and no more";
  EXPECT_THAT(little.check().reason, HasSubstr("caught at being 2.0 ms early"));
}

TEST(Live, a_clock_that_goes_wrong) {
  Sample slow;
  slow.report_at(0.99);
  auto const check = slow.check();
  EXPECT_EQ(check.verdict, "drifting");
  EXPECT_NEAR(*check.drift_ms, 20.3, 0.3);  // a hundredth of 2.08 s, from the middle of its first stretch to the last
  EXPECT_THAT(check.reason, HasSubstr("reported for earlier than they happen"));

  Sample fast;
  fast.report_at(1.0015);
  EXPECT_EQ(fast.check().verdict, "drifting");
  EXPECT_THAT(fast.check().reason, HasSubstr("moved apart by 3.0 ms"));
  EXPECT_THAT(fast.check().reason, HasSubstr("reported for later than they happen"));
}

TEST(Live, times_that_cannot_be) {
  Sample sample;
  sample.report_at(1.1);
  auto const check = sample.check();
  EXPECT_EQ(check.verdict, "made up");
  EXPECT_THAT(check.reason, HasSubstr("ms before the time that it reports for it"));
}

TEST(Live, what_was_heard_is_in_the_timeline_and_nothing_else) {
  Sample fewer;
  fewer.heard.pop_back();
  EXPECT_EQ(fewer.check().verdict, "made up");
  EXPECT_THAT(fewer.check().reason, HasSubstr("199 emissions"));

  Sample other_count;
  other_count.heard[10].tokens = 2;
  EXPECT_EQ(other_count.check().verdict, "made up");

  Sample other_request;
  other_request.heard[10].request = "stranger";
  EXPECT_EQ(other_request.check().verdict, "made up");
}

// Passes repeat ids, and requests in flight together are heard in turns.
TEST(Live, passes_and_requests_in_turns) {
  Sample sample;
  sample.timeline.requests.id = {"a", "a", "a", "a"};
  for (auto& heard : sample.heard) heard.request = "a";
  EXPECT_EQ(sample.check().verdict, "honest");

  Timeline both;
  std::vector<Heard> heard;
  testing::SampleRequest request;
  for (int i = 0; i < 20; ++i) request.emissions.push_back({10});
  testing::append(both, request);
  testing::append(both, request);
  for (int i = 1; i <= 20; ++i)
    for (auto const* id : {"r1", "r0"}) heard.push_back({id, 1, i * 10 * ms + 4 * ms});
  auto const check = compare_live({.timeline = &both, .heard = heard, .answered_ns = 204 * ms, .pipe_ns = 0});
  EXPECT_EQ(check.verdict, "honest") << check.reason;
  EXPECT_FALSE(check.pipe_ms);
}

// A machine that is busy: one arrival in four is up to 30 ms late. That is the pipe's doing and no defect, and what is
// early is found only from further on.
TEST(Live, late_arrivals_are_no_defect) {
  Sample sample;
  std::mt19937 random(3);
  std::int64_t last = 0;
  for (auto& heard : sample.heard) {
    if (random() % 4 == 0) heard.at_ns += static_cast<std::int64_t>(random() % 30) * ms;
    last = heard.at_ns = std::max(heard.at_ns, last);
  }
  EXPECT_EQ(sample.check().verdict, "honest") << sample.check().reason;
  EXPECT_GT(*sample.check().tolerance_ms, 10.0);
  sample.report_at(0.5);
  EXPECT_EQ(sample.check().verdict, "drifting");
}

TEST(Live, nothing_to_judge_by) {
  Sample silent;
  silent.heard.clear();
  EXPECT_EQ(silent.check().verdict, "not checked");
  EXPECT_THAT(silent.check().reason, HasSubstr("streams nothing"));

  Timeline small;
  testing::append(small, {.emissions = {{10}, {10}}});
  std::vector<Heard> const heard{{"r0", 1, 11 * ms}, {"r0", 1, 21 * ms}};
  auto const check = compare_live({.timeline = &small, .heard = heard, .answered_ns = 22 * ms, .pipe_ns = 0});
  EXPECT_EQ(check.verdict, "not checked");
  EXPECT_THAT(check.reason, HasSubstr("too few"));
}

TEST(Live, a_slow_pipe_is_given_more) {
  Sample sample;
  sample.report_early(5 * ms);
  EXPECT_EQ(sample.check(ms).verdict, "honest");
  EXPECT_DOUBLE_EQ(*sample.check(ms).tolerance_ms, 10.0);
}

}  // namespace
}  // namespace edgelab::stats
