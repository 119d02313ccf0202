// Timelines and scores in lines of bounded length, and together again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/wire.hpp"

namespace edgelab::wire {
namespace {

using testing::HasSubstr;

Timeline example(std::int32_t requests, std::int32_t emissions) {
  Timeline timeline;
  auto& rows = timeline.requests;
  for (std::int32_t i = 0; i < requests; ++i) {
    rows.id.push_back("request-" + std::to_string(i));
    rows.pass.push_back(i);
    rows.arrival_ns.push_back(i * 1000LL);
    rows.admitted_ns.push_back(7);
    rows.prefill_end_ns.push_back(123456789);
    rows.end_ns.push_back(9876543210);
    rows.prompt_tokens.push_back(512);
    rows.cached_tokens.push_back(3);
    rows.emissions.push_back(emissions);
    rows.finish.push_back(i % 2 == 0 ? "stop" : "length");
    rows.retries.push_back(i);      // and the other columns that may be left out are
    rows.text.push_back("text\n" + std::string(static_cast<std::size_t>(i % 50), 'x'));
    for (std::int32_t e = 0; e < emissions; ++e) {
      timeline.emissions.gap_ns.push_back(6'000'000 + e);
      timeline.emissions.tokens.push_back(1);
      timeline.token_ids.push_back(e % 49152);
    }
  }
  timeline.steps.start_ns = {1};
  timeline.steps.duration_ns = {2};
  timeline.steps.prefill_tokens = {3};
  timeline.steps.decode_tokens = {4};
  timeline.steps.drafted = {5};
  timeline.steps.accepted = {6};
  return timeline;
}

Timeline together(std::vector<std::string> const& lines, std::size_t limit) {
  Timeline whole;
  for (auto const& line : lines) {
    EXPECT_LE(line.size(), limit);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
    auto decoded = decode_reply(line);
    if (!decoded) {
      ADD_FAILURE() << decoded.error().describe() << ": " << line;
      return whole;
    }
    auto& part = std::get<protocol::TimelinePart>(*decoded);
    EXPECT_EQ(part.id, 42);
    append(whole, std::move(part.columns));
  }
  return whole;
}

void expect_equal(Timeline const& a, Timeline const& b) {
  EXPECT_EQ(a.requests.id, b.requests.id);
  EXPECT_EQ(a.requests.pass, b.requests.pass);
  EXPECT_EQ(a.requests.arrival_ns, b.requests.arrival_ns);
  EXPECT_EQ(a.requests.admitted_ns, b.requests.admitted_ns);
  EXPECT_EQ(a.requests.prefill_end_ns, b.requests.prefill_end_ns);
  EXPECT_EQ(a.requests.end_ns, b.requests.end_ns);
  EXPECT_EQ(a.requests.prompt_tokens, b.requests.prompt_tokens);
  EXPECT_EQ(a.requests.cached_tokens, b.requests.cached_tokens);
  EXPECT_EQ(a.requests.emissions, b.requests.emissions);
  EXPECT_EQ(a.requests.finish, b.requests.finish);
  EXPECT_EQ(a.requests.text, b.requests.text);
  EXPECT_EQ(a.requests.server_prefill_ns, b.requests.server_prefill_ns);
  EXPECT_EQ(a.requests.retries, b.requests.retries);
  EXPECT_EQ(a.emissions.gap_ns, b.emissions.gap_ns);
  EXPECT_EQ(a.emissions.tokens, b.emissions.tokens);
  EXPECT_EQ(a.steps.start_ns, b.steps.start_ns);
  EXPECT_EQ(a.steps.accepted, b.steps.accepted);
  EXPECT_EQ(a.token_ids, b.token_ids);
}

TEST(TimelineLines, EveryLimitGivesTheSameTimelineBack) {
  auto const timeline = example(20, 30);
  for (std::size_t const limit : {512U, 513U, 700U, 4096U, 262144U}) {
    auto const lines = encode_timeline(42, timeline, limit);
    auto const whole = together(lines, limit);
    expect_equal(whole, timeline);
    EXPECT_TRUE(check(whole));
    if (limit == 262144U) {
      EXPECT_EQ(lines.size(), 1U);
    }
  }
}

TEST(TimelineLines, AnEmptyTimelineIsOneLine) {
  auto const lines = encode_timeline(42, {});
  ASSERT_EQ(lines.size(), 1U);
  expect_equal(together(lines, protocol::max_line_bytes), {});
}

TEST(TimelineLines, AMillionEmissionsStayWithinTheLineLimit) {
  auto const timeline = example(1000, 1000);
  auto const lines = encode_timeline(42, timeline);
  EXPECT_GT(lines.size(), 10U);
  expect_equal(together(lines, protocol::max_line_bytes), timeline);
}

TEST(TimelineLines, ATextLongerThanALineIsCutAtACharacter) {
  auto timeline = example(1, 1);
  timeline.requests.text[0].clear();
  for (int i = 0; i < 1000; ++i) timeline.requests.text[0] += "\u20AC\"";
  auto const whole = together(encode_timeline(42, timeline, 1024), 1024);
  auto const& text = whole.requests.text.at(0);
  EXPECT_GT(text.size(), 400U);
  EXPECT_TRUE(timeline.requests.text[0].starts_with(text));
  EXPECT_EQ(whole.token_ids, timeline.token_ids);
}

TEST(TimelineLines, ColumnsThatDoNotFitTogetherAreFound) {
  auto const broken = [](auto change) {
    auto timeline = example(2, 3);
    change(timeline);
    auto const result = check(timeline);
    return result ? std::string("fine") : result.error().describe();
  };
  EXPECT_EQ(broken([](Timeline&) {}), "fine");
  EXPECT_EQ(broken([](Timeline& t) { t.token_ids.clear(); }), "fine");
  EXPECT_THAT(broken([](Timeline& t) { t.requests.text.pop_back(); }), HasSubstr("requests.text has 1 rows"));
  EXPECT_THAT(broken([](Timeline& t) { t.emissions.tokens.pop_back(); }), HasSubstr("emissions.tokens has 5"));
  EXPECT_THAT(broken([](Timeline& t) { t.requests.emissions[0] = 4; }), HasSubstr("adds up to 7"));
  EXPECT_THAT(broken([](Timeline& t) { t.requests.emissions = {7, -1}; }), HasSubstr("has -1"));
  EXPECT_THAT(broken([](Timeline& t) { t.token_ids.pop_back(); }), HasSubstr("there are 5 token_ids"));
  EXPECT_THAT(broken([](Timeline& t) { t.steps.drafted.clear(); }), HasSubstr("steps.drafted has 0 rows"));
}

TEST(ScoredLines, SplitAndSingle) {
  protocol::Scored scored;
  scored.id = 3;
  EXPECT_FALSE(std::get<protocol::Scored>(*decode_reply(encode_scored(scored).at(0))).more);
  for (int i = 0; i < 200; ++i) {
    scored.tokens.push_back(i);
    if (i > 0) scored.logprobs.push_back(-0.1 * i);
  }
  for (std::size_t const limit : {512U, 262144U}) {
    auto const lines = encode_scored(scored, limit);
    protocol::Scored whole;
    for (auto const& line : lines) {
      EXPECT_LE(line.size(), limit);
      auto decoded = decode_reply(line);
      ASSERT_TRUE(decoded) << decoded.error().describe() << line;
      auto const part = std::get<protocol::Scored>(*decoded);
      EXPECT_EQ(part.id, 3);
      EXPECT_EQ(part.more, &line != &lines.back());
      whole.tokens.insert(whole.tokens.end(), part.tokens.begin(), part.tokens.end());
      whole.logprobs.insert(whole.logprobs.end(), part.logprobs.begin(), part.logprobs.end());
    }
    EXPECT_EQ(whole.tokens, scored.tokens);
    EXPECT_EQ(whole.logprobs, scored.logprobs);
  }
}

TEST(ScoredLines, EveryColumnIsSplit) {
  protocol::Scored scored;
  scored.id = 4;
  scored.noise = 0.125;
  for (int i = 0; i < 300; ++i) {
    scored.kld.push_back(0.001 * i);
    scored.reference_logprobs.push_back(-0.5 * i);
    scored.agree.push_back(i % 2);
    scored.leads.push_back(0.25 * i);
  }
  protocol::Scored whole;
  auto const lines = encode_scored(scored, 512);
  EXPECT_GT(lines.size(), 5U);
  for (auto const& line : lines) {
    EXPECT_LE(line.size(), 512U);
    auto const decoded = decode_reply(line);
    ASSERT_TRUE(decoded) << decoded.error().describe() << line;
    auto const part = std::get<protocol::Scored>(*decoded);
    EXPECT_EQ(part.more, &line != &lines.back());
    EXPECT_EQ(part.noise, 0.125);
    auto const add = [](auto& to, auto const& from) { to.insert(to.end(), from.begin(), from.end()); };
    add(whole.kld, part.kld);
    add(whole.reference_logprobs, part.reference_logprobs);
    add(whole.agree, part.agree);
    add(whole.leads, part.leads);
  }
  EXPECT_EQ(whole.kld, scored.kld);
  EXPECT_EQ(whole.reference_logprobs, scored.reference_logprobs);
  EXPECT_EQ(whole.agree, scored.agree);
  EXPECT_EQ(whole.leads, scored.leads);
}

}  // namespace
}  // namespace edgelab::wire
