#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "stats/metrics.hpp"
#include "stats/samples.hpp"

namespace edgelab::stats {
namespace {

using ::testing::HasSubstr;
using testing::SampleRequest;
using testing::SampleStep;

Timeline good() {
  auto timeline = testing::timeline_of({
      SampleRequest{
          .admitted_ms = 1, .prefill_ms = 4, .prompt_tokens = 7, .cached_tokens = 2, .emissions = {{6, 1}, {2, 2}}},
      SampleRequest{.arrival_ms = 3, .emissions = {{5, 1}}},
  });
  testing::append(timeline, SampleStep{.duration_ms = 2, .decode = 1, .drafted = 3, .accepted = 2});
  timeline.token_ids = {11, 12, 13, 14};
  return timeline;
}

Timeline little_known() {
  auto timeline = testing::timeline_of({SampleRequest{.emissions = {{6, 1}}}, SampleRequest{.emissions = {{5, 1}}}});
  auto& rows = timeline.requests;
  rows.admitted_ns = rows.prefill_end_ns = {-1, -1};
  rows.prompt_tokens = rows.cached_tokens = {-1, -1};
  rows.server_prefill_ns = {4, -1};
  rows.retries = {0, 2};
  return timeline;
}

TEST(CheckTimeline, accepts) {
  for (auto const& [what, timeline] : {
           std::pair{"a full one", good()},
           {"no steps, no token ids", testing::timeline_of({SampleRequest{.emissions = {{1, 1}}}})},
           {"a request that stopped at once", testing::timeline_of({SampleRequest{}})},
           {"one of which little is known", little_known()},
       })
    EXPECT_TRUE(check_timeline(timeline)) << what;
}

TEST(CheckTimeline, refuses) {
  constexpr auto huge = std::numeric_limits<std::int64_t>::max();
  struct Case {
    char const* says;
    std::function<void(Timeline&)> spoil;
  };
  for (auto const& [says, spoil] : std::vector<Case>{
           {"no requests", [](Timeline& t) { t = {}; }},
           {"requests.pass has 1 rows, expected 2", [](Timeline& t) { t.requests.pass.pop_back(); }},
           {"requests.arrival_ns has 3 rows", [](Timeline& t) { t.requests.arrival_ns.push_back(0); }},
           {"requests.admitted_ns", [](Timeline& t) { t.requests.admitted_ns.clear(); }},
           {"requests.prefill_end_ns", [](Timeline& t) { t.requests.prefill_end_ns.clear(); }},
           {"requests.end_ns", [](Timeline& t) { t.requests.end_ns.clear(); }},
           {"requests.prompt_tokens", [](Timeline& t) { t.requests.prompt_tokens.clear(); }},
           {"requests.cached_tokens", [](Timeline& t) { t.requests.cached_tokens.clear(); }},
           {"requests.emissions", [](Timeline& t) { t.requests.emissions.clear(); }},
           {"requests.finish", [](Timeline& t) { t.requests.finish.clear(); }},
           {"requests.text", [](Timeline& t) { t.requests.text.clear(); }},
           {"emissions.tokens has 2 rows, expected 3", [](Timeline& t) { t.emissions.tokens.pop_back(); }},
           {"steps.duration_ns", [](Timeline& t) { t.steps.duration_ns.clear(); }},
           {"steps.accepted", [](Timeline& t) { t.steps.accepted.clear(); }},
           {"admitted_ns is -2", [](Timeline& t) { t.requests.admitted_ns[1] = -2; }},
           {"requests.retries has 1 rows, expected 2", [](Timeline& t) { t.requests.retries = {0}; }},
           {"server_decode_ns is -7", [](Timeline& t) { t.requests.server_decode_ns = {0, -7}; }},
           {"5 accepted of 4 drafted", [](Timeline& t) { t.requests.drafted = {4, 4}, t.requests.accepted = {4, 5}; }},
           {"arrival_ns is -5", [](Timeline& t) { t.requests.arrival_ns[0] = -5; }},
           {"pass is -1", [](Timeline& t) { t.requests.pass[0] = -1; }},
           {"emissions is -1", [](Timeline& t) { t.requests.emissions[0] = -1; }},
           {"ready after the request's end", [](Timeline& t) { t.requests.admitted_ns[1] = 6'000'000; }},
           {"ready after the request's end", [](Timeline& t) { t.requests.prefill_end_ns[0] = huge; }},
           {"8 cached tokens of a prompt of 7", [](Timeline& t) { t.requests.cached_tokens[0] = 8; }},
           {"emission 1 has a gap of -2 ns", [](Timeline& t) { t.emissions.gap_ns[1] = -2; }},
           {"emission 1 comes after the request's end", [](Timeline& t) { t.emissions.gap_ns[1] += 1; }},
           {"emission 1 comes after the request's end", [](Timeline& t) { t.emissions.gap_ns[1] = huge; }},
           {"emission 0 has 0 tokens", [](Timeline& t) { t.emissions.tokens[0] = 0; }},
           {"claim more emissions than the 3", [](Timeline& t) { t.requests.emissions[1] = 2; }},
           {"3 emissions, but the requests claim 2", [](Timeline& t) { t.requests.emissions[0] = 1; }},
           {"add up to more than a clock can hold",
            [](Timeline& t) { t.requests.arrival_ns[0] = t.requests.arrival_ns[1] = huge / 2 + 1; }},
           {"request 'r1' (row 1): ended in an error: out of slots",
            [](Timeline& t) { t.requests.finish[1] = "error: out of slots"; }},
           {"ended in an error", [](Timeline& t) { t.requests.finish[1] = "error"; }},
           {"was cancelled", [](Timeline& t) { t.requests.finish[0] = "cancelled"; }},
           {"finish is 'done', expected stop, length", [](Timeline& t) { t.requests.finish[0] = "done"; }},
           {"step 0: duration_ns is -1", [](Timeline& t) { t.steps.duration_ns[0] = -1; }},
           {"step 0: 4 accepted of 3", [](Timeline& t) { t.steps.accepted[0] = 4; }},
           {"3 token ids, but the emissions have 4 tokens", [](Timeline& t) { t.token_ids.pop_back(); }},
       }) {
    auto timeline = good();
    spoil(timeline);
    auto const checked = check_timeline(timeline);
    ASSERT_FALSE(checked) << says;
    EXPECT_THAT(checked.error().describe(), HasSubstr(says));
  }
}

}  // namespace
}  // namespace edgelab::stats
