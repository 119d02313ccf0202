// What each flag does, and what the ledger says of it.
#include <gmock/gmock.h>

#include "llama/fixture.hpp"

namespace edgelab::test {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

class LlamaFlagsTest : public LlamaTest {
 protected:
  void use(std::string const& shape) { ASSERT_EQ(load(model(shape)).index(), 0U); }
  [[nodiscard]] LlamaProcess::Ran with(Flags flags) {
    return executor.run(
        trial(std::move(flags), {request("a", "The quick brown fox", 16), request("b", "The quick brown dog", 16)}));
  }
};

TEST_F(LlamaFlagsTest, WithoutAKvCacheTheSameIsWritten) {
  for (auto const* shape : {"tiny-llama", "tiny-gemma2", "tiny-mamba"}) {
    use(shape);
    auto const on = with({});
    auto const off = with({{"kv-cache", "off"}});
    EXPECT_EQ(on.timeline.token_ids, off.timeline.token_ids) << shape;
    EXPECT_EQ(on.done().in_force.at("kv-cache"), "on");
    EXPECT_EQ(off.done().in_force.at("kv-cache"), "off");
    // Each token costs the whole context: one row of steps a token, ever longer.
    auto const prompt = off.timeline.requests.prompt_tokens[0];
    EXPECT_EQ(off.timeline.steps.prefill_tokens[0], prompt);
    EXPECT_EQ(off.timeline.steps.prefill_tokens[1], prompt);
    EXPECT_EQ(off.timeline.steps.prefill_tokens[15], prompt + 14);
    EXPECT_EQ(on.timeline.steps.prefill_tokens[1], 0);
  }
}

TEST_F(LlamaFlagsTest, CachePromptKeepsTheCommonPrefixWithinATrial) {
  use("tiny-llama");
  auto const plain = with({});
  auto const ran = with({{"cache-prompt", "on"}});
  auto const& rows = ran.timeline.requests;
  EXPECT_EQ(rows.cached_tokens[0], 0);
  EXPECT_GT(rows.cached_tokens[1], 3);
  EXPECT_LT(rows.cached_tokens[1], rows.prompt_tokens[1]);
  EXPECT_EQ(ran.done().in_force.at("cache-prompt"), "on");
  EXPECT_EQ(ran.timeline.token_ids, plain.timeline.token_ids);
  auto same =
      trial({{"cache-prompt", "on"}}, {request("a", "The quick brown fox"), request("b", "The quick brown fox")});
  auto const twice = executor.run(same);
  EXPECT_EQ(twice.timeline.requests.cached_tokens[0], 0);   // nothing from the trial before
  EXPECT_EQ(twice.timeline.requests.cached_tokens[1], twice.timeline.requests.prompt_tokens[1] - 1);
}

TEST_F(LlamaFlagsTest, ARecurrentModelCannotKeepAPrefix) {
  use("tiny-mamba");
  auto const ran = with({{"cache-prompt", "on"}});
  EXPECT_EQ(ran.failure().kind, "unsupported");
  EXPECT_THAT(ran.failure().reason, HasSubstr("recurrent"));
  EXPECT_EQ(with({{"flash-attn", "on"}}).failure().kind, "unsupported");
  EXPECT_EQ(with({{"cache-type-k", "q8_0"}}).failure().kind, "unsupported");
  auto const plain = with({});
  EXPECT_FALSE(plain.done().in_force.contains("cache-type-k"));
  EXPECT_GT(plain.done().memory.kv_cache_bytes, 0);
}

TEST_F(LlamaFlagsTest, APrefixBeyondASlidingWindowIsEvaluatedAgain) {
  use("tiny-gemma2");
  // 200 tokens in common, then 400 more: with a window of 64 the prefix' keys are gone by then.
  auto const long_one = request("long", "Hello " + std::string(600, '7'), 1);
  auto const short_one = request("short", "Hello " + std::string(200, '7') + "Z", 16);
  Flags const small{{"cache-prompt", "on"}, {"ubatch-size", "32"}};
  auto full = small;
  full["swa-full"] = "on";
  auto const cold = executor.run(trial({{"ubatch-size", "32"}}, {short_one}));
  auto const windowed = executor.run(trial(small, {long_one, short_one}));
  auto const kept = executor.run(trial(full, {long_one, short_one}));
  EXPECT_EQ(windowed.timeline.requests.cached_tokens[1], 0);
  EXPECT_GT(kept.timeline.requests.cached_tokens[1], 100);
  EXPECT_EQ(windowed.done().in_force.at("swa-full"), "off");
  EXPECT_EQ(kept.done().in_force.at("swa-full"), "on");
  EXPECT_EQ(windowed.timeline.requests.text[1], cold.timeline.requests.text[0]);
  EXPECT_GT(kept.done().memory.kv_cache_bytes, windowed.done().memory.kv_cache_bytes);
}

TEST_F(LlamaFlagsTest, KvTypesAndFlashAttention) {
  use("tiny-llama");
  auto const f16 = with({});
  auto const q8 = with({{"cache-type-k", "q8_0"}, {"cache-type-v", "q8_0"}, {"flash-attn", "on"}});
  auto const mixed = with({{"cache-type-k", "q4_0"}});
  auto const automatic = with({{"flash-attn", "auto"}});
  EXPECT_EQ(f16.done().in_force.at("flash-attn"), "off");
  EXPECT_EQ(f16.done().in_force.at("cache-type-k"), "f16");
  EXPECT_EQ(q8.done().in_force.at("flash-attn"), "on");
  EXPECT_EQ(q8.done().in_force.at("cache-type-v"), "q8_0");
  EXPECT_EQ(mixed.done().in_force.at("cache-type-k"), "q4_0");
  EXPECT_EQ(mixed.done().in_force.at("cache-type-v"), "f16");
  EXPECT_THAT(automatic.done().in_force.at("flash-attn"), testing::AnyOf("on", "off"));
  ASSERT_TRUE(f16.done().memory.kv_cache_bytes && q8.done().memory.kv_cache_bytes);
  EXPECT_LT(*q8.done().memory.kv_cache_bytes, *f16.done().memory.kv_cache_bytes * 6 / 10);
  EXPECT_GT(f16.done().memory.compute_bytes, 0);
  EXPECT_GT(f16.done().memory.model_bytes, 0);
  EXPECT_EQ(with({{"cache-type-v", "q8_0"}}).failure().kind, "unsupported");
}

TEST_F(LlamaFlagsTest, AKvTypeWhoseBlocksDoNotDivideTheHeadIsUnsupported) {
  use("tiny-llama,n_embd=64,n_head_kv=4");   // heads of 16; blocks of q8_0 have 32
  auto const ran = with({{"cache-type-k", "q8_0"}, {"flash-attn", "on"}});
  EXPECT_EQ(ran.failure().kind, "unsupported");
  EXPECT_THAT(ran.failure().reason, HasSubstr("does not divide"));
}

TEST_F(LlamaFlagsTest, SizesThreadsAndLoadingAreReadBack) {
  use("tiny-llama");
  auto const ran = executor.run(trial({{"batch-size", "64"},
                                       {"ubatch-size", "32"},
                                       {"threads", "2"},
                                       {"load-mode", "none"},
                                       {"kv-unified", "on"},
                                       {"repack", "off"}},
                                      {synthetic("s", 300, 4)}));
  auto const& flags = ran.done().in_force;
  EXPECT_EQ(flags.at("batch-size"), "64");
  EXPECT_EQ(flags.at("ubatch-size"), "32");
  EXPECT_EQ(flags.at("threads"), "2");
  EXPECT_EQ(flags.at("threads-batch"), "1");
  EXPECT_EQ(flags.at("load-mode"), "none");
  EXPECT_EQ(flags.at("kv-unified"), "on");
  EXPECT_EQ(flags.at("repack"), "off");
  EXPECT_EQ(flags.at("n-ctx"), "512");
  EXPECT_THAT(ran.timeline.steps.prefill_tokens, ElementsAre(64, 64, 64, 64, 44, 0, 0, 0));
  EXPECT_EQ(with({}).done().in_force.at("load-mode"), "mmap");   // loaded anew, with the defaults
}

TEST_F(LlamaFlagsTest, MemoryBelongsToTheTrialAndNotToTheOnesBefore) {
  use("tiny-llama");
  auto const small = trial({}, {synthetic("s", 100, 4)});
  auto const before = executor.run(small).done().memory.kv_cache_bytes;
  EXPECT_GT(executor.run(trial({}, {synthetic("s", 1000, 4)})).done().memory.kv_cache_bytes, before);
  EXPECT_EQ(executor.run(small).done().memory.kv_cache_bytes, before);
}

TEST_F(LlamaFlagsTest, WhatItDoesNotHaveIsUnsupported) {
  use("tiny-llama");
  // The flag at fault stands first; those after it are what it is combined with.
  for (auto const& [flags, reason] :
       {std::pair{Flags{{"spec-type", "ngram-simple"}}, "flag 'spec-type' is 'ngram-simple'"},
        std::pair{Flags{{"speculative-decoding", "draft"}}, "speculative-decoding needs a draft model"},
        std::pair{Flags{{"speculative-decoding", "adaptive"}}, "speculative-decoding needs a draft model"},
        std::pair{Flags{{"speculative-decoding", "adaptive"}, {"draft-model", "none"}}, "nothing to adapt"},
        std::pair{Flags{{"cache-reuse", "16"}}, "cache-reuse needs cache-prompt"},
        std::pair{Flags{{"prompt-lookup", "on"}, {"kv-cache", "off"}}, "speculation needs kv-cache"}}) {
    auto const ran = with(flags);
    EXPECT_EQ(ran.failure().kind, "unsupported");
    EXPECT_THAT(ran.failure().reason, HasSubstr(reason));
  }
  EXPECT_EQ(with({{"threads", "none"}}).failure().kind, "bad-request");
}

TEST_F(LlamaFlagsTest, WhatTheEngineDoesIsReadBack) {
  use("tiny-llama");
  auto const plain = with({}).done();
  EXPECT_EQ(plain.in_force.at("parallel"), "1");
  EXPECT_EQ(plain.in_force.at("kv-unified"), "off");
  EXPECT_EQ(plain.in_force.at("cont-batching"), "off");
  EXPECT_EQ(plain.in_force.at("cache-reuse"), "0");
  EXPECT_EQ(plain.in_force.at("prompt-lookup"), "off");
  EXPECT_EQ(plain.in_force.at("speculative-decoding"), "off");
  EXPECT_FALSE(plain.in_force.contains("draft-max")) << "nothing drafts";
  EXPECT_EQ(plain.in_force.at("n-ctx"), "256");

  auto const slots = with({{"parallel", "3"}, {"cont-batching", "on"}}).done();
  EXPECT_EQ(slots.in_force.at("parallel"), "3");
  EXPECT_EQ(slots.in_force.at("cont-batching"), "on");
  EXPECT_EQ(slots.in_force.at("kv-unified"), "off");
  EXPECT_EQ(slots.in_force.at("n-ctx"), "768") << "as much for each slot as the longest request needs";
  EXPECT_EQ(with({{"parallel", "3"}, {"cache-prompt", "on"}}).done().in_force.at("kv-unified"), "on");
  EXPECT_EQ(with({{"parallel", "3"}, {"cache-prompt", "on"}, {"kv-unified", "off"}}).done().in_force.at("kv-unified"),
            "off");
  EXPECT_EQ(with({{"ctx-size", "512"}}).done().in_force.at("n-ctx"), "512");

  auto const lookup =
      with({{"prompt-lookup", "on"}, {"prompt-lookup-ngram", "2"}, {"draft-max", "5"}, {"draft-min", "1"}}).done();
  EXPECT_EQ(lookup.in_force.at("prompt-lookup"), "on");
  EXPECT_EQ(lookup.in_force.at("prompt-lookup-ngram"), "2");
  EXPECT_EQ(lookup.in_force.at("prompt-lookup-min"), "2");
  EXPECT_EQ(with({{"prompt-lookup", "on"}, {"prompt-lookup-ngram", "1"}}).done().in_force.at("prompt-lookup-min"), "1")
      << "never above the longest";
  EXPECT_EQ(lookup.in_force.at("draft-max"), "5");
  EXPECT_EQ(lookup.in_force.at("draft-min"), "1");
  EXPECT_EQ(lookup.in_force.at("speculative-decoding"), "off");
  EXPECT_EQ(lookup.in_force.at("draft-model"), "none");
  EXPECT_EQ(
      with({{"prompt-lookup", "on"}, {"speculative-decoding", "adaptive"}}).done().in_force.at("speculative-decoding"),
      "adaptive");
}

}  // namespace
}  // namespace edgelab::test
