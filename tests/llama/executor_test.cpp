// The protocol, spoken with edgelab-llama.
#include <gmock/gmock.h>

#include <cmath>
#include <numeric>

#include "llama/fixture.hpp"

namespace edgelab::test {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::Le;

TEST_F(LlamaTest, HelloAndBye) {
  executor.send(wire::encode(protocol::Hello{}));
  auto const hello = std::get<protocol::HelloReply>(executor.receive());
  EXPECT_EQ(hello.name, "llama");
  EXPECT_EQ(hello.flags.at("cache-type-k").support, "yes");
  EXPECT_EQ(hello.flags.at("speculative-decoding").support, "yes");
  EXPECT_EQ(hello.flags.at("spec-type").support, "values");
  executor.send(wire::encode(protocol::Bye{}));
  EXPECT_EQ(executor.wait(), 0);
}

TEST_F(LlamaTest, EndOfInputEndsItAlsoInMidRun) {
  ASSERT_EQ(load(model("tiny-llama")).index(), 0U);
  auto endless = trial({}, {synthetic("s", 16, 64)});
  endless.min_s = 1e6;
  executor.send(wire::encode(endless));
  executor.close_input();
  EXPECT_EQ(executor.wait(), 0);
}

TEST_F(LlamaTest, GarbageIsAnsweredAndForgotten) {
  for (auto const* line : {"not JSON", "{}", R"({"type":"dance"})", R"({"type":"run","requests":7})"}) {
    executor.send(line);
    auto const failure = std::get<protocol::Failure>(executor.receive());
    EXPECT_EQ(failure.kind, "bad-request") << line;
    EXPECT_NE(failure.reason, "") << line;
  }
  EXPECT_EQ(load(model("tiny-llama")).index(), 0U);
}

TEST_F(LlamaTest, ModelsThatCannotBeLoaded) {
  auto const missing = std::get<protocol::Failure>(load("/nowhere/m.gguf"));
  EXPECT_EQ(missing.kind, "failed");
  EXPECT_THAT(missing.reason, AllOf(HasSubstr("/nowhere/m.gguf"), HasSubstr("No such file")));
  EXPECT_EQ(std::get<protocol::Failure>(load("")).kind, "bad-request");
  auto const early = executor.run(trial({}, {request("a", "Hello")}));
  EXPECT_THAT(early.failure().reason, HasSubstr("no model is loaded"));
}

TEST_F(LlamaTest, ATimelineThatFitsTogether) {
  auto const loaded = std::get<protocol::Loaded>(load(model("tiny-llama")));
  EXPECT_EQ(loaded.n_ctx_train, 2048);
  EXPECT_EQ(loaded.n_vocab, 1024);
  auto run = trial({}, {request("text", "Hello, world", 6), synthetic("made", 300, 5)});
  run.min_tokens = 30;
  auto const ran = executor.run(run);
  auto const& rows = ran.timeline.requests;
  ASSERT_TRUE(wire::check(ran.timeline)) << wire::check(ran.timeline).error().describe();
  EXPECT_THAT(rows.id, ElementsAre("text", "made", "text", "made", "text", "made"));  // 11 tokens a pass: three passes
  EXPECT_THAT(rows.pass, ElementsAre(0, 0, 1, 1, 2, 2));
  EXPECT_THAT(rows.emissions, ElementsAre(6, 5, 6, 5, 6, 5));
  EXPECT_THAT(rows.finish, Each(std::string("length")));
  EXPECT_EQ(rows.prompt_tokens[1], 300);
  EXPECT_THAT(rows.cached_tokens, Each(0));
  EXPECT_THAT(ran.timeline.emissions.tokens, Each(1));
  EXPECT_THAT(ran.timeline.emissions.gap_ns, Each(Ge(0)));
  EXPECT_EQ(rows.text[0], rows.text[2]);  // greedy
  EXPECT_NE(rows.text[0], "");
  auto const& steps = ran.timeline.steps;
  EXPECT_EQ(std::accumulate(steps.decode_tokens.begin(), steps.decode_tokens.end(), 0), 3 * (5 + 4));
  EXPECT_EQ(std::accumulate(steps.prefill_tokens.begin(), steps.prefill_tokens.end(), 0),
            3 * (rows.prompt_tokens[0] + rows.prompt_tokens[1]));
  for (std::size_t i = 0; i < rows.id.size(); ++i) {
    EXPECT_GE(rows.end_ns[i], rows.admitted_ns[i] + rows.prefill_end_ns[i]);
  }
}

TEST_F(LlamaTest, SyntheticPromptsComeFromTheSeedAlone) {
  ASSERT_EQ(load(model("tiny-llama")).index(), 0U);
  auto run = trial({}, {synthetic("a", 40, 12), synthetic("b", 40, 12)});
  run.seed = 5;
  auto const first = executor.run(run).timeline.token_ids;
  EXPECT_EQ(executor.run(run).timeline.token_ids, first);
  EXPECT_NE(std::vector(first.begin(), first.begin() + 12), std::vector(first.begin() + 12, first.end()));
  run.seed = 6;
  EXPECT_NE(executor.run(run).timeline.token_ids, first);
}

TEST_F(LlamaTest, SamplingIsSeeded) {
  ASSERT_EQ(load(model("tiny-llama")).index(), 0U);
  auto run = trial({}, {request("a", "Once upon a time", 24)});
  auto const greedy = executor.run(run).timeline.token_ids;
  run.temperature = 1.0;
  run.top_k = 50;
  run.seed = 1;
  auto const sampled = executor.run(run).timeline.token_ids;
  EXPECT_NE(sampled, greedy);
  EXPECT_EQ(executor.run(run).timeline.token_ids, sampled);
  run.seed = 2;
  EXPECT_NE(executor.run(run).timeline.token_ids, sampled);
}

TEST_F(LlamaTest, OpenLoopKeepsItsTimes) {
  ASSERT_EQ(load(model("tiny-llama")).index(), 0U);
  auto late = request("late", "Hello", 2);
  late.arrival_us = 30'000;
  auto soon = request("soon", "Hello", 2);
  soon.arrival_us = 1'000;
  auto const ran = executor.run(trial({}, {late, soon}));
  EXPECT_THAT(ran.timeline.requests.id, ElementsAre("soon", "late"));
  EXPECT_GE(ran.timeline.requests.arrival_ns[0], 1'000'000);
  EXPECT_EQ(ran.timeline.requests.arrival_ns[1], 29'000'000);
  late.arrival_us.reset();
  EXPECT_EQ(executor.run(trial({}, {late, soon})).failure().kind, "bad-request");
}

TEST_F(LlamaTest, LiveEmissionsAreAskedFor) {
  ASSERT_EQ(load(model("tiny-llama")).index(), 0U);
  auto run = trial({}, {request("a", "Hello", 5)});
  EXPECT_TRUE(executor.run(run).emissions.empty());
  run.live = true;
  auto const ran = executor.run(run);
  ASSERT_EQ(ran.emissions.size(), 5U);
  EXPECT_EQ(ran.emissions[0].request, "a");
}

TEST_F(LlamaTest, CancelEndsARunAndTheNextOneRuns) {
  ASSERT_EQ(load(model("tiny-llama")).index(), 0U);
  auto endless = trial({}, {synthetic("s", 16, 64)});
  endless.id = 77;
  endless.min_s = 1e6;
  executor.send(wire::encode(protocol::Cancel{12345}));  // of nothing that runs: no answer
  executor.send(wire::encode(endless));
  executor.send(wire::encode(protocol::Cancel{77}));
  auto const ran = executor.finish_run();
  EXPECT_EQ(ran.failure().kind, "cancelled");
  EXPECT_EQ(ran.failure().id, 77);
  EXPECT_EQ(executor.run(trial({}, {request("a", "Hello", 3)})).timeline.token_ids.size(), 3U);
}

TEST_F(LlamaTest, RequestsThatAreNone) {
  ASSERT_EQ(load(model("tiny-llama")).index(), 0U);
  auto both = request("both", "Hello");
  both.synthetic_tokens = 4;
  auto nothing = request("nothing", "Hello");
  nothing.prompt.reset();
  for (auto const& [requests, kind, reason] :
       {std::tuple{std::vector<protocol::TrialRequest>{}, "bad-request", "a run without requests"},
        std::tuple{std::vector{request("a", "Hello", 0)}, "bad-request", "request 'a': max_tokens must be at least 1"},
        std::tuple{std::vector{both}, "bad-request", "request 'both': expected exactly one of prompt"},
        std::tuple{std::vector{nothing}, "bad-request", "request 'nothing': expected exactly one of prompt"},
        std::tuple{std::vector{synthetic("long", 2000, 49)}, "failed",
                   "request 'long': a prompt of 2000 tokens and 49 more do not fit into the 2048"}}) {
    auto const ran = executor.run(trial({}, requests));
    EXPECT_EQ(ran.failure().kind, kind);
    EXPECT_THAT(ran.failure().reason, HasSubstr(reason));
  }
}

TEST_F(LlamaTest, MessagesGoThroughTheChatTemplate) {
  ASSERT_EQ(load(model("tiny-llama")).index(), 0U);
  auto chat = request("chat", "");
  chat.prompt.reset();
  chat.messages = {{{"role", "user"}, {"content", "Hello"}}};
  auto const written = request("written", "<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n");
  auto const ran = executor.run(trial({}, {chat, written}));
  EXPECT_EQ(ran.timeline.requests.prompt_tokens[0], ran.timeline.requests.prompt_tokens[1]);
  EXPECT_EQ(ran.timeline.requests.text[0], ran.timeline.requests.text[1]);
}

TEST_F(LlamaTest, ScoresAreLogProbabilities) {
  ASSERT_EQ(load(model("tiny-llama")).index(), 0U);
  protocol::Score score;
  score.id = 9;
  score.flags = {{"threads", "1"}, {"threads-batch", "1"}};
  for (int i = 0; i < 120; ++i) score.text += "the quick brown fox ";
  auto const ask = [&] {
    executor.send(wire::encode(score));
    return std::get<protocol::Scored>(executor.receive());
  };
  auto const scored = ask();
  EXPECT_EQ(scored.id, 9);
  EXPECT_GT(scored.tokens.size(), 600U);  // more than a ubatch
  ASSERT_EQ(scored.logprobs.size() + 1, scored.tokens.size());
  EXPECT_THAT(scored.logprobs, Each(AllOf(Le(0.0), Ge(-40.0))));
  score.flags["ubatch-size"] = "64";
  auto const again = ask();
  ASSERT_EQ(again.tokens, scored.tokens);
  for (std::size_t i = 0; i < scored.logprobs.size(); ++i) EXPECT_NEAR(again.logprobs[i], scored.logprobs[i], 0.1) << i;

  score.text = "";
  EXPECT_TRUE(ask().logprobs.empty());
  score.text.assign(4000, 'z');
  executor.send(wire::encode(score));
  EXPECT_THAT(std::get<protocol::Failure>(executor.receive()).reason, HasSubstr("does not fit into the 2048"));
}

// A choice after a prompt is scored as the end of the text that both are.
TEST_F(LlamaTest, WhatStandsAfterAPromptIsScoredByItself) {
  ASSERT_EQ(load(model("tiny-llama")).index(), 0U);
  protocol::Score score;
  score.id = 9;
  score.flags = {{"threads", "1"}, {"threads-batch", "1"}};
  auto const ask = [&] {
    executor.send(wire::encode(score));
    return std::get<protocol::Scored>(executor.receive());
  };
  score.text = "the quick brown fox jumps";
  auto const whole = ask();
  score.text = "";
  score.request = request("q", "the quick brown");
  score.skip = 1000;
  auto const prompt = ask();
  ASSERT_GT(prompt.tokens.size(), 1U);
  EXPECT_TRUE(prompt.logprobs.empty());
  score.text = " fox jumps";
  score.skip = static_cast<std::int32_t>(prompt.tokens.size());
  auto const choice = ask();
  ASSERT_EQ(choice.tokens, whole.tokens);
  ASSERT_EQ(choice.logprobs.size(), choice.tokens.size() - prompt.tokens.size());
  auto const tail =
      std::vector(whole.logprobs.end() - static_cast<std::ptrdiff_t>(choice.logprobs.size()), whole.logprobs.end());
  for (std::size_t i = 0; i < tail.size(); ++i) EXPECT_NEAR(choice.logprobs[i], tail[i], 1e-4) << i;
  score.skip = -1;
  executor.send(wire::encode(score));
  EXPECT_THAT(std::get<protocol::Failure>(executor.receive()).reason, HasSubstr("skip must be at least 0"));
}

TEST_F(LlamaTest, AnotherModelCanBeLoaded) {
  for (auto const* shape : {"tiny-llama", "tiny-gemma2", "tiny-mamba", "qwen2.5-0.5b,n_layer=2,n_vocab=512,n_ctx=512",
                            "tiny-llama,tied_embeddings=off,n_embd=256"}) {
    ASSERT_EQ(load(model(shape)).index(), 0U) << shape;
    auto const ran = executor.run(trial({}, {request("a", "Hello, world", 12)}));
    EXPECT_EQ(ran.timeline.token_ids.size(), 12U) << shape;
  }
}

}  // namespace
}  // namespace edgelab::test
