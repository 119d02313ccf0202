// Streams as llama-server sends them.
#include "bridge/server/completion.hpp"

#include <gmock/gmock.h>

#include <format>

#include "bridge/asked.hpp"
#include "wire/json.hpp"

namespace edgelab::bridge {
namespace {

using testing::Asked;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

std::string token(int id, std::string const& text, int so_far) {
  return std::format(
      R"({{"index":0,"content":{},"tokens":[{}],"stop":false,"id_slot":-1,"tokens_predicted":{},"tokens_evaluated":4}})",
      wire::json_text(text), id, so_far);
}

std::string last(std::string const& stop_type, int made, std::string const& more = "") {
  return std::format(
      R"({{"index":0,"content":"","tokens":[],"id_slot":0,"stop":true,"tokens_predicted":{0},"tokens_evaluated":4,"stop_type":"{1}",)"
      R"("truncated":false,"generation_settings":{{"temperature":0.0,"speculative.n_max":8}},{2})"
      R"("timings":{{"cache_n":1,"prompt_n":3,"prompt_ms":12.5,"predicted_n":{0},"predicted_ms":30.0}}}})",
      made, stop_type, more);
}

struct Read {
  Asked asked;
  CompletionReader reader{asked};
  Clock::time_point now{1s};
  bool hear(std::string const& event) { return reader.event(event, now += 1ms); }
};

TEST(Completion, TokensAsTheyCome) {
  Read read;
  EXPECT_TRUE(read.hear(token(7, "It", 1)));
  EXPECT_TRUE(read.hear(token(8, " is", 2)));
  EXPECT_TRUE(read.hear(token(9, " so", 3)));
  EXPECT_TRUE(read.hear(last("limit", 3)));
  auto const& answer = read.asked.answer;
  EXPECT_THAT(read.asked.counts(), ElementsAre(1, 1, 1));
  EXPECT_THAT(answer.token_ids, ElementsAre(7, 8, 9));
  EXPECT_EQ(answer.text, "It is so");
  EXPECT_EQ(answer.finish, "length");
  EXPECT_EQ(answer.emissions[1].at - answer.emissions[0].at, 1ms);
  EXPECT_EQ(answer.prompt_tokens, 4);
  EXPECT_EQ(answer.cached_tokens, 1);
  EXPECT_EQ(answer.server_prefill, 12'500us);
  EXPECT_EQ(answer.server_decode, 30ms);
  EXPECT_EQ(answer.drafted, -1) << "nothing was drafted";
  EXPECT_TRUE(read.reader.ended());
  EXPECT_THAT(read.reader.settings(),
              ::testing::Contains(std::pair<std::string, std::string>{"speculative.n_max", "8"}));
}

TEST(Completion, TheEndTokenIsNoneThatAnybodySees) {
  Read read;
  (void)read.hear(token(7, "It", 1));
  (void)read.hear(token(8, "!", 2));
  (void)read.hear(token(2, "", 3));
  (void)read.hear(last("eos", 3));
  EXPECT_THAT(read.asked.counts(), ElementsAre(1, 1));
  EXPECT_THAT(read.asked.answer.token_ids, ElementsAre(7, 8));
  EXPECT_EQ(read.asked.answer.finish, "stop");
  EXPECT_EQ(read.asked.answer.server_decode, 15ms) << "of two gaps by the server's count one is seen";
}

TEST(Completion, ATokenWithoutTextIsHeardWhenItCame) {
  Read read;
  (void)read.hear(token(7, "It", 1));
  (void)read.hear(token(8, "", 2));
  (void)read.hear(token(9, "!", 3));
  (void)read.hear(last("limit", 3));
  EXPECT_THAT(read.asked.counts(), ElementsAre(1, 1, 1));
  EXPECT_EQ(read.asked.answer.emissions[1].at - read.asked.answer.emissions[0].at, 1ms);
}

TEST(Completion, HalfACharacterComesWithItsOtherHalf) {
  Read read;
  (void)read.hear(token(7, "It", 1));
  (void)read.hear(token(9, "\u00fc", 3));      // of two tokens, of which one id is told
  (void)read.hear(last("limit", 4));           // and one that was cut in the middle
  EXPECT_THAT(read.asked.counts(), ElementsAre(1, 2, 1));
  EXPECT_EQ(read.asked.answer.token_ids.size(), 2U) << "so the timeline goes without ids";
}

TEST(Completion, Drafts) {
  Read read;
  (void)read.hear(token(7, "It", 1));
  auto event = last("limit", 1);
  event.insert(event.rfind("\"predicted_ms\""), R"("draft_n":8,"draft_n_accepted":5,)");
  (void)read.hear(event);
  EXPECT_EQ(read.asked.answer.drafted, 8);
  EXPECT_EQ(read.asked.answer.accepted, 5);
}

TEST(Completion, WhatGoesWrongIsTheFinish) {
  struct Case {
    std::string event;
    char const* says;
  };
  for (auto const& [event, says] : {Case{R"({"error":{"code":500,"message":"context is full"}})", "context is full"},
                                    Case{"nonsense", "not JSON"}, Case{last("none", 1), "stop_type 'none'"}}) {
    Read read;
    (void)read.hear(token(7, "It", 1));
    (void)read.hear(event);
    EXPECT_THAT(read.asked.answer.finish, HasSubstr("error: "));
    EXPECT_THAT(read.asked.answer.finish, HasSubstr(says));
  }
}

TEST(Completion, AStreamThatIsCutOffHasNoFinish) {
  Read read;
  (void)read.hear(token(7, "It", 1));
  EXPECT_FALSE(read.reader.ended());
  EXPECT_THAT(read.asked.answer.finish, IsEmpty());
}

TEST(Completion, BodyIsGreedyInTheCheapestWay) {
  protocol::Run run;
  protocol::TrialRequest request{.id = "a",
                                 .prompt = "x",
                                 .messages = {},
                                 .synthetic_tokens = {},
                                 .max_tokens = 5,
                                 .ignore_eos = true,
                                 .arrival_us = {},
                                 .after = {}};
  auto const body = wire::Json::parse(completion_body(run, request, {1, 2, 3}, 7, false));
  ASSERT_TRUE(body);
  EXPECT_THAT(body->integers("/prompt"), ElementsAre(1, 2, 3));
  EXPECT_EQ(body->number("/n_predict").value_or(0), 5);
  EXPECT_TRUE(body->truth("/ignore_eos"));
  EXPECT_FALSE(body->truth("/cache_prompt"));
  EXPECT_THAT(body->texts("/samplers"), ElementsAre("top_k"));
  run.temperature = 0.7;
  run.top_p = 0.9;
  auto const warm = wire::Json::parse(completion_body(run, request, {1}, 7, true));
  EXPECT_EQ(warm->number("/top_p").value_or(0), 0.9);
  EXPECT_TRUE(warm->truth("/cache_prompt"));
}

}  // namespace
}  // namespace edgelab::bridge
