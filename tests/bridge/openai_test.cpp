// An OpenAI-compatible endpoint: what is asked, what is made of the answer, and of everything that is none.
#include "bridge/openai/backend.hpp"

#include <gmock/gmock.h>

#include "bridge/asked.hpp"
#include "bridge/drive.hpp"
#include "support/openai_standin.hpp"
#include "wire/json.hpp"

namespace edgelab::bridge {
namespace {

using edgelab::testing::OpenAiStandIn;
using testing::Asked;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

using Form = OpenAiStandIn::Form;

protocol::TrialRequest request(std::int32_t max_tokens = 6) {
  protocol::TrialRequest one;
  one.id = "a";
  one.prompt = "Say something.";
  one.max_tokens = max_tokens;
  return one;
}

protocol::Run run_of(protocol::TrialRequest one) {
  protocol::Run run;
  run.requests = {std::move(one)};
  return run;
}

struct Outcomes {
  Timeline timeline;
  Flags in_force;
};

// The first request's answer, whatever it is.
Outcomes ask(OpenAiSettings const& settings, protocol::Run const& run) {
  OpenAiBackend backend(settings);
  auto const loaded = backend.load({});
  EXPECT_TRUE(loaded) << (loaded ? "" : loaded.error().reason);
  Stop const stop;
  auto const trial = backend.prepare(run, workers_for(run), stop);
  EXPECT_TRUE(trial) << (trial ? "" : trial.error().reason);
  if (!loaded || !trial) return {};
  auto recording = drive(run, **trial, stop, {});
  EXPECT_TRUE(recording);
  return {timeline_of(*std::move(recording)), (*trial)->end()->in_force};
}

std::string finish_with(std::string const& fault, std::int32_t retries = 0) {
  OpenAiStandIn const server({.key = {}, .fault = fault});
  return ask({.url = server.url(), .model = {}, .key = {}, .retries = retries}, run_of(request()))
      .timeline.requests.finish.at(0);
}

TEST(OpenAi, StreamsOfOllamaAndVllmByEitherApi) {
  for (auto const form : {Form::ollama, Form::vllm}) {
    for (auto const api : {Api::chat, Api::completions}) {
      OpenAiStandIn const server({.form = form, .key = {}, .fault = {}});
      auto const [timeline, in_force] =
          ask({.url = server.url(), .model = "stand-in", .api = api, .key = {}}, run_of(request()));
      EXPECT_THAT(timeline.requests.finish, ElementsAre("length"));
      EXPECT_THAT(timeline.emissions.tokens, ElementsAre(1, 1, 1, 1, 1, 1));
      EXPECT_THAT(timeline.requests.prompt_tokens, ElementsAre(4));
      EXPECT_THAT(timeline.requests.cached_tokens, ElementsAre(-1)) << "not told";
      EXPECT_THAT(timeline.requests.retries, ElementsAre(0));
      EXPECT_THAT(timeline.requests.text.at(0), HasSubstr(" w0 w7 w14"));
      EXPECT_EQ(in_force.at("token-counts"), "usage");
      EXPECT_EQ(in_force.at("flash-attn"), "opaque");
      auto const body = wire::Json::parse(server.bodies().at(0));
      EXPECT_TRUE(body->truth("/stream") && body->truth("/stream_options/include_usage"));
      EXPECT_FALSE(body->has("/top_k")) << "not every endpoint takes it";
      EXPECT_EQ(body->has("/messages"), api == Api::chat);
    }
  }
}

TEST(OpenAi, TheOnlyModelNeedsNoName) {
  OpenAiStandIn const server({.model = "llama3.2:1b", .key = {}, .fault = {}});
  EXPECT_EQ(ask({.url = server.url(), .model = {}, .key = {}}, run_of(request())).in_force.at("endpoint-model"),
            "llama3.2:1b");
}

TEST(OpenAi, FailuresHaveTheMessageOfTheBody) {
  EXPECT_THAT(finish_with("500"), HasSubstr("answered 500: the model has crashed"));
  EXPECT_THAT(finish_with("error-event"), HasSubstr("error: out of KV cache blocks"));
  EXPECT_THAT(finish_with("cut"), HasSubstr("error: the stream was cut off"));
  EXPECT_THAT(finish_with("empty"), HasSubstr("error: an empty answer"));
  EXPECT_THAT(finish_with("no-finish"), HasSubstr("error: the endpoint ended the answer without a finish_reason"));
  EXPECT_THAT(finish_with("long-line"), HasSubstr("longer than 16"));
}

TEST(OpenAi, WithoutUsageChunksAreCounted) {
  OpenAiStandIn const server({.key = {}, .fault = "no-usage"});
  auto const [timeline, in_force] = ask({.url = server.url(), .model = {}, .key = {}}, run_of(request()));
  EXPECT_EQ(in_force.at("token-counts"), "chunks");
  EXPECT_EQ(timeline.emissions.tokens.size(), 6U);
  EXPECT_THAT(timeline.requests.prompt_tokens, ElementsAre(-1));
}

TEST(OpenAi, BusyAtFirstIsAskedAgainAndCounted) {
  OpenAiStandIn const server({.key = {}, .busy_first = 2, .fault = {}});
  auto const timeline = ask({.url = server.url(), .model = {}, .key = {}, .retries = 2}, run_of(request())).timeline;
  EXPECT_THAT(timeline.requests.finish, ElementsAre("length"));
  EXPECT_THAT(timeline.requests.retries, ElementsAre(2));
  EXPECT_EQ(server.requests(), 3);
}

TEST(OpenAi, ButNoMoreThanItIsAllowed) {
  OpenAiStandIn const server({.key = {}, .busy_first = 100, .fault = {}});
  auto const timeline = ask({.url = server.url(), .model = {}, .key = {}, .retries = 1}, run_of(request())).timeline;
  EXPECT_THAT(timeline.requests.finish.at(0), HasSubstr("answered 429: slow down (asked 2 times)"));
  EXPECT_EQ(server.requests(), 2);
}

TEST(OpenAi, NothingIsAskedAgainAfterTheFirstToken) {
  OpenAiStandIn const server({.key = {}, .fault = "cut"});
  (void)ask({.url = server.url(), .model = {}, .key = {}, .retries = 5}, run_of(request()));
  EXPECT_EQ(server.requests(), 1);
}

TEST(OpenAi, AKeyIsSentAndInNoMessage) {
  OpenAiStandIn const server({.key = "sk-secret", .fault = {}});
  EXPECT_THAT(ask({.url = server.url(), .model = {}, .key = "sk-secret"}, run_of(request())).timeline.requests.finish,
              ElementsAre("length"));
  auto const finish =
      ask({.url = server.url(), .model = {}, .key = "sk-other"}, run_of(request())).timeline.requests.finish.at(0);
  EXPECT_THAT(finish, HasSubstr("answered 401: Incorrect API key provided: Bearer (the key)"));
  EXPECT_THAT(finish, Not(HasSubstr("sk-other")));
}

TEST(OpenAi, NobodyThere) {
  OpenAiBackend backend({.url = "http://127.0.0.1:9/v1", .model = {}, .key = {}});
  auto const loaded = backend.load({});
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().reason, HasSubstr("cannot be reached"));
}

TEST(OpenAi, WhatAnApiCannotBeAskedIsUnsupported) {
  protocol::Run const run;
  auto synthetic = request();
  synthetic.prompt.reset();
  synthetic.synthetic_tokens = 64;
  auto const exact = openai_body({.url = "http://x", .model = "m", .key = {}}, {}, run, synthetic);
  ASSERT_FALSE(exact);
  EXPECT_EQ(exact.error().kind, "unsupported");
  auto chat = request();
  chat.prompt.reset();
  chat.messages = {{{"role", "user"}, {"content", "hi"}}};
  EXPECT_FALSE(openai_body({.url = "http://x", .model = "m", .api = Api::completions, .key = {}}, {}, run, chat));
  EXPECT_TRUE(openai_body({.url = "http://x", .model = "m", .api = Api::chat, .key = {}}, {}, run, chat));
}

TEST(OpenAi, OwnFlagsGoIntoTheBody) {
  auto run = run_of(request());
  run.temperature = 0.5;
  run.top_k = 20;
  auto const body = openai_body({.url = "http://x", .model = "m", .key = {}},
                                {.max_tokens_field = "max_completion_tokens", .extra = R"("options":{"num_ctx":4096})"},
                                run, run.requests.front());
  ASSERT_TRUE(body);
  auto const json = wire::Json::parse(*body);
  ASSERT_TRUE(json) << *body;
  EXPECT_EQ(json->number("/options/num_ctx").value_or(0), 4096);
  EXPECT_EQ(json->number("/max_completion_tokens").value_or(0), 6);
  EXPECT_FALSE(json->has("/max_tokens"));
  EXPECT_EQ(json->number("/top_k").value_or(0), 20);
}

// Some count the token that ends a text, which nobody sees; some put several into a chunk.
TEST(OpenAi, TokensAreSharedOutAmongTheChunks) {
  auto const counts = [](int completion, std::string const& reason) {
    Asked asked;
    OpenAiReader reader(asked);
    for (int i = 0; i < 3; ++i)
      (void)reader.event(R"({"choices":[{"delta":{"content":"x"},"finish_reason":null}]})", Clock::now());
    (void)reader.event(R"({"choices":[{"delta":{},"finish_reason":")" + reason +
                           R"("}],"usage":{"prompt_tokens":1,"completion_tokens":)" + std::to_string(completion) + "}}",
                       Clock::now());
    reader.finish(request());
    EXPECT_EQ(asked.answer.finish, reason);
    return asked.counts();
  };
  EXPECT_THAT(counts(3, "length"), ElementsAre(1, 1, 1));
  EXPECT_THAT(counts(4, "stop"), ElementsAre(1, 1, 1));
  EXPECT_THAT(counts(4, "length"), ElementsAre(1, 1, 2));
  EXPECT_THAT(counts(9, "stop"), ElementsAre(3, 3, 3));
  EXPECT_THAT(counts(2, "stop"), ElementsAre(1, 1, 1)) << "pieces of tokens";
}

TEST(OpenAi, AnAnswerThatEndsEarlyWhereItHadToBeLongIsNone) {
  Asked asked;
  OpenAiReader reader(asked);
  (void)reader.event(R"({"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]})", Clock::now());
  auto forced = request();
  forced.ignore_eos = true;
  reader.finish(forced);
  EXPECT_THAT(asked.answer.finish, HasSubstr("does not know ignore_eos"));
}

}  // namespace
}  // namespace edgelab::bridge
