// fllama's flags, calls and texts, without its library.
#include <gmock/gmock.h>

#include <cctype>

#include "bridge/asked.hpp"
#include "bridge/fllama/answer.hpp"
#include "bridge/fllama/flags.hpp"
#include "bridge/fllama/prompts.hpp"

namespace edgelab::bridge::fllama {
namespace {

using bridge::testing::Asked;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(FllamaFlags, WhatItCannotExpressHasAReason) {
  for (auto const& [name, support] : supported()) {
    if (support.support == "yes") continue;
    EXPECT_FALSE(support.reason.value_or("").empty()) << name;
    if (support.support == "fixed") {
      EXPECT_EQ(support.values.size(), 1U) << name;
    }
  }
  EXPECT_EQ(supported().at("parallel").values, std::vector<std::string>{"4"});
}

TEST(FllamaFlags, ARequestGetsAQuarterSoFourTimesAsMuchIsAskedFor) {
  EXPECT_EQ(context_for(1), 4 * 512);
  EXPECT_EQ(context_for(512), 4 * 512);
  EXPECT_EQ(context_for(513), 4 * 1024);
  EXPECT_GT(context_for(std::int64_t{1} << 40), 0) << "no overflow";
}

TEST(FllamaFlags, ValuesAreRead) {
  auto const some =
      settings_from({{"threads", "3"}, {"n-gpu-layers", "all"}, {"ctx-size", "4096"}, {"draft-max", "no matter"}});
  ASSERT_TRUE(some) << some.error().reason;
  EXPECT_EQ(some->threads, 3);
  EXPECT_EQ(some->gpu_layers, 99);
  EXPECT_EQ(some->context, 4096);
  EXPECT_FALSE(some->drafts);
  auto const drafts = settings_from({{"spec-type", "draft-mtp"}, {"draft-max", "5"}, {"draft-p-min", "0.25"}});
  ASSERT_TRUE(drafts);
  EXPECT_TRUE(drafts->drafts);
  EXPECT_EQ(drafts->draft_max, 5);
  EXPECT_FLOAT_EQ(drafts->draft_p_min, 0.25F);
  for (Flags const& wrong :
       {Flags{{"threads", "0"}}, {{"threads", "two"}}, {{"n-gpu-layers", "-1"}}, {{"ctx-size", "1k"}}}) {
    auto const refused = settings_from(wrong);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, "bad-request");
    EXPECT_THAT(refused.error().reason, HasSubstr(wrong.begin()->second));
  }
  EXPECT_EQ(settings_from({{"spec-type", "ngram-mod"}}).error().kind, "unsupported");
}

TEST(FllamaFlags, RequestsThatCannotBeAsked) {
  protocol::TrialRequest one;
  one.id = "r";
  one.prompt = "hello";
  EXPECT_FALSE(cannot_be_asked({}, one));
  protocol::Run warm;
  warm.temperature = 0.5;
  EXPECT_THAT(cannot_be_asked(warm, one).value().reason, HasSubstr("only temperature 0 can be repeated"));
  auto endless = one;
  endless.ignore_eos = true;
  EXPECT_EQ(cannot_be_asked({}, endless).value().kind, "unsupported");
  auto nul = one;
  nul.prompt = std::string("a\0b", 3);
  EXPECT_EQ(cannot_be_asked({}, nul).value().kind, "bad-request");
}

// Calls one after the other, each as text, JSON, done.
struct Call {
  std::string text;
  std::string json;
  bool done = false;
};

void hear(Asked& asked, Form form, std::int32_t max_tokens, std::vector<Call> const& calls) {
  AnswerReader reader(asked, form, max_tokens);
  for (auto const& call : calls)
    reader.hear({.at = Clock::now(), .text = call.text, .json = call.json, .done = call.done});
  reader.end();
}

TEST(FllamaAnswer, TextIsCumulativeAndIsNotAddedUp) {
  Asked asked;
  hear(asked, Form::prompt, 8,
       {{"I", R"({"content":"I","tokens_predicted":1,"stop":false})"},
        {"It is", R"({"content":"t is","tokens_predicted":3,"stop":false})"},
        {"It is", R"({"content":"","tokens_predicted":4,"stop":false})"},
        {"It is", R"({"content":"","stop":true,"stop_type":"eos","id_slot":2,"tokens_predicted":4,"truncated":false,
           "timings":{"cache_n":1,"prompt_n":6,"prompt_ms":2.5,"predicted_n":4,"predicted_ms":9.0}})",
         true}});
  EXPECT_EQ(asked.answer.text, "It is");
  EXPECT_EQ(asked.answer.finish, "stop");
  EXPECT_THAT(asked.counts(), ElementsAre(1, 2)) << "the token that ends it is not seen";
  EXPECT_EQ(asked.answer.prompt_tokens, 7);
  EXPECT_EQ(asked.answer.cached_tokens, 1);
  EXPECT_EQ(asked.answer.server_prefill, std::chrono::microseconds(2500));
  EXPECT_EQ(asked.answer.server_decode, std::chrono::milliseconds(6))
      << "of four tokens three are seen: two steps of three";
}

TEST(FllamaAnswer, AnErrorIsOneCallWithoutJson) {
  Asked asked;
  hear(asked, Form::prompt, 8, {{"Error: Failed to create inference context", "", true}});
  EXPECT_EQ(asked.answer.finish, "error: fllama: Error: Failed to create inference context");
  EXPECT_TRUE(asked.answer.text.empty()) << "what is wrong is no answer";
}

TEST(FllamaAnswer, OneThatNeverEndsOrEndsTooEarlyIsNoAnswer) {
  Asked silent;
  hear(silent, Form::prompt, 8, {});
  EXPECT_THAT(silent.answer.finish, HasSubstr("error: fllama came back without an answer"));
  Asked broken;
  hear(broken, Form::prompt, 8,
       {{"I", R"({"content":"I","tokens_predicted":1,"stop":false})", false},
        {"I", R"({"content":"I","tokens_predicted":1,"stop":false})", true}});
  EXPECT_EQ(broken.answer.finish, "error: fllama lost the end of its answer");
  Asked as_long_as_may_be;
  hear(as_long_as_may_be, Form::prompt, 3,
       {{"I a", R"({"content":"I a","tokens_predicted":2,"stop":false})"},
        {"I am", R"({"content":"m","tokens_predicted":3,"tokens_evaluated":9,"stop":false})"},
        {"I am", R"({"content":"m","tokens_predicted":3,"tokens_evaluated":9,"stop":false})", true}});
  EXPECT_EQ(as_long_as_may_be.answer.finish, "length") << "there was no more to come";
  EXPECT_EQ(as_long_as_may_be.answer.text, "I am");
  EXPECT_THAT(as_long_as_may_be.counts(), ElementsAre(2, 1));
  EXPECT_EQ(as_long_as_may_be.answer.prompt_tokens, 9);
  EXPECT_EQ(as_long_as_may_be.answer.server_prefill.count(), -1) << "its times are lost";
  Asked full;
  hear(full, Form::prompt, 8, {{"I", R"({"content":"","stop":true,"stop_type":"limit","truncated":true})", true}});
  EXPECT_THAT(full.answer.finish, HasSubstr("its context was full"));
}

std::vector<Call> chat(std::string const& reason, int predicted) {
  auto const timings =
      std::format(R"({{"cache_n":0,"prompt_n":9,"prompt_ms":3,"predicted_n":{},"predicted_ms":9}})", predicted);
  return {{"Hel", R"([{"choices":[{"finish_reason":null,"delta":{"content":"Hel"}}]}])"},
          {"Hel", "[]"},
          {"Hello", R"([{"choices":[{"finish_reason":null,"delta":{"content":"lo"}}]}])"},
          {"Hello",
           std::format(R"([{{"choices":[]}},{{"choices":[{{"finish_reason":"{}"}}],"timings":{}}}])", reason, timings),
           true}};
}

TEST(FllamaAnswer, AChatTellsItsTokensAtTheEnd) {
  Asked stopped;
  hear(stopped, Form::chat, 8, chat("stop", 3));
  EXPECT_EQ(stopped.answer.text, "Hello");
  EXPECT_EQ(stopped.answer.finish, "stop");
  EXPECT_THAT(stopped.counts(), ElementsAre(1, 1));
  EXPECT_EQ(stopped.answer.prompt_tokens, 9);
  EXPECT_EQ(stopped.answer.server_prefill, std::chrono::milliseconds(3));
  Asked long_one;
  hear(long_one, Form::chat, 5, chat("length", 5));
  EXPECT_EQ(long_one.answer.finish, "length");
  EXPECT_THAT(long_one.counts(), ElementsAre(1, 1, 3)) << "those without text of their own are told of at the end";
  Asked full;
  hear(full, Form::chat, 8, chat("length", 5));
  EXPECT_THAT(full.answer.finish, HasSubstr("context was full"));
}

// A vocabulary of which only counts are known: letters, and some words with the blank before them, after a first token.
Result<std::int64_t> count(std::string const& text) {
  std::int64_t tokens = 1;
  for (std::size_t at = 0; at < text.size(); ++tokens) {
    std::size_t length = 1;
    for (std::string_view const word : {" the", " of", " and", " then", " the of"})  // the last: two words that melt
      if (text.substr(at).starts_with(word)) length = std::max(length, word.size());
    at += length;
  }
  return tokens;
}

TEST(FllamaPrompts, TextsOfAnExactNumberOfTokens) {
  SyntheticTexts texts(count);
  for (std::int64_t const length : {1, 2, 3, 40, 500}) {
    auto const text = texts.of(length, 7);
    ASSERT_TRUE(text) << text.error().describe();
    EXPECT_EQ(*count(*text), length);
    EXPECT_EQ(*texts.of(length, 7), *text) << "the same seed, the same text";
  }
  EXPECT_NE(*texts.of(40, 7), *texts.of(40, 8));
}

TEST(FllamaPrompts, WhereNoneCanBeMadeItIsSaid) {
  SyntheticTexts pairs([](std::string const& text) -> Result<std::int64_t> { return 2 * std::ssize(text); });
  EXPECT_FALSE(pairs.of(7, 1));
  SyntheticTexts unreadable([](std::string const&) -> Result<std::int64_t> { return fail("no model"); });
  EXPECT_THAT(unreadable.of(7, 1).error().describe(), HasSubstr("no model"));
}

}  // namespace
}  // namespace edgelab::bridge::fllama
