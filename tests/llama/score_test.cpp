// Texts that are read and not written: distributions side by side, in one process and in two, and answers that are judged.
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>

#include "executor/executor.hpp"
#include "executor/two_executors.hpp"

namespace edgelab::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::SizeIs;

constexpr auto plenty = 120'000ms;
constexpr auto demo = EDGELAB_SOURCE_DIR "/models/demo/demo-f16.gguf";
constexpr auto draft = EDGELAB_SOURCE_DIR "/models/demo/demo-draft-f16.gguf";

Flags with(Flags flags) {
  flags.insert({{"threads", "1"}, {"threads-batch", "1"}});
  return flags;
}

std::unique_ptr<executor::Executor> started(std::string const& model, Flags flags = {}) {
  auto const log = std::filesystem::path(testing::TempDir()) / ("edgelab-score-" + std::to_string(getpid()) + ".log");
  auto process = executor::Executor::start({EDGELAB_BIN_DIR "/edgelab-llama"}, log, plenty);
  EXPECT_TRUE(process) << process.error().reason;
  auto const loaded = (*process)->load({.id = 0, .model = model, .draft = {}, .flags = with(std::move(flags))}, plenty);
  EXPECT_TRUE(loaded) << loaded.error().reason;
  return *std::move(process);
}

std::string const text =
    "Once upon a time there was a small bird who lived in a tree by the river. Every morning the bird sang to the sun, and the "
    "children of the village came to listen. One day the river rose and the tree was in danger, so the children built a wall "
    "of stones around it. The bird was glad and sang the whole day long.";

struct Score : testing::Test {
  static void SetUpTestSuite() { shared = started(demo).release(); }
  static void TearDownTestSuite() { delete std::exchange(shared, nullptr); }

  static protocol::Scored ask(protocol::Score message) {
    auto scored = shared->score(std::move(message), plenty);
    EXPECT_TRUE(scored) << scored.error().reason;
    return scored ? *std::move(scored) : protocol::Scored{};
  }
  static std::string refusal(protocol::Score message) {
    auto const scored = shared->score(std::move(message), plenty);
    EXPECT_FALSE(scored);
    return scored ? "" : scored.error().reason;
  }
  static protocol::Score of(std::string what, Flags flags = {}) {
    protocol::Score message;
    message.flags = with(std::move(flags));
    message.text = std::move(what);
    return message;
  }
  static double mean(std::vector<double> const& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  }

  static inline executor::Executor* shared = nullptr;
};

Flags const q4{{"cache-type-k", "q4_0"}, {"cache-type-v", "q4_0"}, {"flash-attn", "on"}};

TEST_F(Score, TheSameFlagsAreNoDistanceAway) {
  auto message = of(text);
  message.against = with({});
  auto const scored = ask(message);
  ASSERT_GT(scored.kld.size(), 50U);
  EXPECT_THAT(scored.kld, Each(0.0));
  EXPECT_THAT(scored.agree, Each(1));
  EXPECT_EQ(scored.logprobs, scored.reference_logprobs);
  auto const alone = ask(of(text));
  for (std::size_t i = 0; i < alone.logprobs.size(); ++i) EXPECT_NEAR(alone.logprobs[i], scored.logprobs[i], 1e-5);
}

TEST_F(Score, ACoarserCacheIsFurtherAway) {
  auto message = of(text, q4);
  message.against = with({});
  auto const coarse = ask(message);
  message.flags["cache-type-k"] = message.flags["cache-type-v"] = "q8_0";
  auto const fine = ask(message);
  EXPECT_GT(mean(coarse.kld), 1e-6);
  EXPECT_GT(mean(coarse.kld), 2.0 * mean(fine.kld));
  EXPECT_THAT(coarse.kld, Each(Ge(-1e-5)));
  EXPECT_NE(coarse.logprobs, coarse.reference_logprobs);
}

// Chunks of another size are read side by side all the same; f16 rows do not depend on them.
TEST_F(Score, ChunksNeedNotBeAlike) {
  auto message = of(text, {{"ubatch-size", "7"}});
  message.against = with({{"ubatch-size", "32"}});
  auto const scored = ask(message);
  EXPECT_EQ(scored.kld.size() + 1, scored.tokens.size());
  EXPECT_THAT(scored.kld, Each(AllOf(Ge(-1e-5), Le(1e-3))));
}

TEST_F(Score, OneTokenAStepAndOnlyTheEnd) {
  auto const whole = ask(of(text));
  auto message = of(text);
  message.skip = static_cast<std::int32_t>(whole.tokens.size()) - 10;
  message.at_a_time = 1;
  message.against = with({});
  auto const end = ask(message);
  ASSERT_THAT(end.logprobs, SizeIs(10));
  EXPECT_THAT(end.kld, Each(0.0));
  for (std::size_t i = 0; i < 10; ++i)
    EXPECT_NEAR(end.logprobs[i], whole.logprobs[whole.logprobs.size() - 10 + i], 0.05);
  message.skip = 10'000;
  EXPECT_THAT(ask(message).logprobs, IsEmpty());
}

TEST_F(Score, APromptAndWhatFollowsIt) {
  protocol::Score message;
  message.flags = with({});
  message.request.emplace();
  message.request->id = "chat";
  message.request->messages = {{{"role", "user"}, {"content", "Hello"}}};
  auto const prompt = ask(message);
  message.text = " there";
  auto const both = ask(message);
  ASSERT_GT(both.tokens.size(), prompt.tokens.size());
  EXPECT_TRUE(std::equal(prompt.tokens.begin(), prompt.tokens.end(), both.tokens.begin()));
  protocol::Score tokens;
  tokens.flags = message.flags;
  tokens.tokens = both.tokens;
  EXPECT_EQ(ask(tokens).logprobs, both.logprobs);
}

TEST_F(Score, MessagesThatMakeNoSense) {
  auto message = of(text);
  message.skip = -1;
  EXPECT_THAT(refusal(message), HasSubstr("skip must be at least 0"));
  message = of(text);
  message.noise = true;
  EXPECT_THAT(refusal(message), HasSubstr("with 'leads' only"));
  message = of(text);
  message.tokens = {1'000'000};
  EXPECT_THAT(refusal(message), HasSubstr("there is no token 1000000"));
  message = of("");
  message.tokens = {1, 2};
  message.leads = true;
  EXPECT_THAT(refusal(message), HasSubstr("need a prompt"));
  message = of(text);
  message.against = with({{"repack", "off"}});
  EXPECT_THAT(refusal(message), HasSubstr("two executors can do that"));
  message = of(text);
  message.stream = "/nowhere/socket";
  EXPECT_THAT(refusal(message), HasSubstr("/nowhere/socket: No such file"));
}

TEST_F(Score, TwoProcessesFindWhatOneFinds) {
  auto const reference = started(demo);
  auto message = of(text, q4);
  message.against = with({});
  auto const inside = ask(message);
  message.against.reset();
  auto const across = executor::score_side_by_side({*reference, of(text)}, {*shared, message}, plenty, {});
  ASSERT_TRUE(across) << across.error().reason;
  EXPECT_EQ(across->tokens, inside.tokens);
  EXPECT_EQ(across->kld, inside.kld);
  EXPECT_EQ(across->agree, inside.agree);
  EXPECT_EQ(across->logprobs, inside.logprobs);
  EXPECT_EQ(across->reference_logprobs, inside.reference_logprobs);
}

TEST_F(Score, AnotherModelIsComparedInAProcessOfItsOwn) {
  auto const small = started(draft);
  auto const across = executor::score_side_by_side({*shared, of(text)}, {*small, of(text)}, plenty, {});
  ASSERT_TRUE(across) << across.error().reason;
  EXPECT_GT(mean(across->kld), 0.01);
}

TEST_F(Score, DifferentTextsAreNotCompared) {
  auto const other = started(demo);
  auto const across = executor::score_side_by_side({*shared, of(text)}, {*other, of(text + " And then")}, plenty, {});
  ASSERT_FALSE(across);
  EXPECT_THAT(across.error().reason, HasSubstr("read different tokens"));
  // What was cancelled for it is ready again.
  EXPECT_GT(ask(of(text)).logprobs.size(), 0U);
}

TEST_F(Score, WhoeverFailsIsNamed) {
  auto const other = started(demo);
  auto const long_text = of(std::string(40'000, 'z'));
  auto across = executor::score_side_by_side({*other, long_text}, {*shared, of(text)}, plenty, {});
  ASSERT_FALSE(across);
  EXPECT_THAT(across.error().reason, AllOf(HasSubstr("the reference: "), HasSubstr("does not fit")));
  across = executor::score_side_by_side({*other, of(text)}, {*shared, of(text, {{"flash-attn", "sideways"}})}, plenty, {});
  ASSERT_FALSE(across);
  EXPECT_THAT(across.error().reason, HasSubstr("flash-attn"));
}

// ---- answers that are judged --------------------------------------------------------------------

struct Judged : Score {
  // The model's own greedy answer.
  static std::vector<std::int32_t> answer() {
    protocol::Run run;
    run.flags = with({});
    run.requests = {prompt()};
    run.requests[0].max_tokens = 24;
    run.requests[0].ignore_eos = true;
    auto const ran = shared->run(run, plenty, {});
    EXPECT_TRUE(ran) << ran.error().reason;
    return ran->timeline.token_ids;
  }
  static protocol::TrialRequest prompt() {
    protocol::TrialRequest request;
    request.id = "a";
    request.prompt = "Once upon a time there was a small bird";
    return request;
  }
  static protocol::Score judging(std::vector<std::int32_t> tokens) {
    protocol::Score message;
    message.flags = with({});
    message.request = prompt();
    message.tokens = std::move(tokens);
    message.leads = true;
    return message;
  }
};

TEST_F(Judged, ItsOwnAnswerLeadsEverywhere) {
  auto message = judging(answer());
  message.noise = true;
  auto const scored = ask(message);
  ASSERT_THAT(scored.leads, SizeIs(24));
  ASSERT_TRUE(scored.noise);
  EXPECT_THAT(scored.leads, Each(AllOf(Ge(0.0), Le(2.0 * *scored.noise))));
}

TEST_F(Judged, AWrongTokenInTheMiddleIsSeenThereAndNotBefore) {
  auto const right = answer();
  auto wrong = right;
  wrong[12] ^= 1;
  auto message = judging(wrong);
  message.noise = true;
  auto const scored = ask(message);
  EXPECT_GT(scored.leads[12], 0.5);
  EXPECT_GT(scored.leads[12], 2.0 * *scored.noise);
  for (std::size_t i = 0; i < 12; ++i) EXPECT_LE(scored.leads[i], 2.0 * *scored.noise);
}

// The kernels of a round count too, where what it says of itself is that they round.
TEST_F(Judged, NoiseIsAlsoBetweenFlags) {
  auto message = judging(answer());
  message.noise = true;
  auto const shapes = ask(message);
  message.against = with({{"flash-attn", "on"}});
  auto const flash = ask(message);
  EXPECT_GE(*flash.noise, *shapes.noise);
  EXPECT_GT(*flash.noise, 0.0);
  EXPECT_LT(*flash.noise, 0.25);
}

TEST_F(Judged, AnEndIsJudgedAsATokenIs) {
  auto message = judging(answer());
  message.ended = true;
  auto const scored = ask(message);
  ASSERT_THAT(scored.leads, SizeIs(25));
  EXPECT_GT(scored.leads[24], 0.0);    // in the middle of a story
  message.tokens.clear();
  EXPECT_THAT(ask(message).leads, SizeIs(1));
}

}  // namespace
}  // namespace edgelab::test
