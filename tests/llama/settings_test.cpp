// Flags as parameters of llama.cpp, and what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "llama/settings.hpp"
#include "llama/support.hpp"

namespace edgelab::llama {
namespace {

using testing::HasSubstr;

TEST(Settings, Defaults) {
  auto const settings = settings_from({});
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->context.n_batch, 2048U);
  EXPECT_EQ(settings->context.n_ubatch, 512U);
  EXPECT_EQ(settings->context.type_k, GGML_TYPE_F16);
  EXPECT_EQ(settings->context.flash_attn, LLAMA_FLASH_ATTN_TYPE_DISABLED);
  EXPECT_GE(settings->context.n_threads, 1);
  EXPECT_EQ(settings->model.n_gpu_layers, 0);
  EXPECT_TRUE(settings->request.kv_cache);
  EXPECT_FALSE(settings->request.cache_prompt);
  EXPECT_EQ(settings->context.n_seq_max, 1U);
  EXPECT_EQ(settings->context.n_ctx, 0U);
  EXPECT_EQ(settings->context.kv_unified, Unified::off);   // auto, resolved
  EXPECT_EQ(settings->request.batching, Batching::together);
  EXPECT_EQ(settings->request.cache_reuse, 0);
  EXPECT_FALSE(settings->request.speculation.enabled());
  EXPECT_FALSE(settings->request.speculation.adaptive);
}

TEST(Settings, Values) {
  auto const settings = settings_from({{"threads", "3"},
                                       {"cache-type-k", "q4_0"},
                                       {"cache-type-v", "iq4_nl"},
                                       {"flash-attn", "auto"},
                                       {"batch-size", "64"},
                                       {"ubatch-size", "32"},
                                       {"load-mode", "mmap+mlock"},
                                       {"repack", "off"},
                                       {"kv-unified", "on"},
                                       {"swa-full", "on"},
                                       {"cache-prompt", "on"},
                                       {"draft-max", "8"},
                                       {"extra-args", "[]"}});
  ASSERT_TRUE(settings) << settings.error().reason;
  EXPECT_EQ(settings->context.n_threads, 3);
  EXPECT_EQ(settings->context.n_threads_batch, 3);   // as threads where it is not given
  EXPECT_EQ(settings->context.type_k, GGML_TYPE_Q4_0);
  EXPECT_EQ(settings->context.type_v, GGML_TYPE_IQ4_NL);
  EXPECT_EQ(settings->context.flash_attn, LLAMA_FLASH_ATTN_TYPE_AUTO);
  EXPECT_EQ(settings->context.n_batch, 64U);
  EXPECT_EQ(settings->context.n_ubatch, 32U);
  EXPECT_EQ(settings->context.kv_unified, Unified::on);
  EXPECT_TRUE(settings->context.swa_full);
  EXPECT_EQ(settings->model.load_mode, LoadMode::mmap_mlock);
  EXPECT_FALSE(settings->model.repack);
  EXPECT_TRUE(settings->request.cache_prompt);
}

TEST(Settings, WhatIsRefused) {
  struct Row {
    Flags flags;
    std::string kind, reason;
  };
  for (auto const& [flags, kind, reason] :
       {Row{{{"threads", "two"}}, "bad-request", "flag 'threads' is 'two'; expected a whole number from 1"},
        Row{{{"batch-size", "0"}}, "bad-request", "expected a whole number from 1"},
        Row{{{"batch-size", "12x"}}, "bad-request", "expected a whole number from 1"},
        Row{{{"cache-type-k", "q3_0"}}, "bad-request", "expected one of f32, f16, bf16"},
        Row{{{"kv-cache", "yes"}}, "bad-request", "expected one of on, off"},
        Row{{{"cache-type-v", "q8_0"}}, "unsupported", "needs flash-attn"},
        Row{{{"kv-cache", "off"}, {"cache-prompt", "on"}}, "unsupported", "cache-prompt needs kv-cache"},
        Row{{{"parallel", "0"}}, "bad-request", "flag 'parallel' is '0'; expected a whole number from 1"},
        Row{{{"parallel", "many"}}, "bad-request", "expected a whole number from 1"},
        Row{{{"ctx-size", "-1"}}, "bad-request", "expected a whole number from 1"},
        Row{{{"cont-batching", "1"}}, "bad-request", "expected one of on, off"},
        Row{{{"kv-unified", "yes"}}, "bad-request", "expected one of auto, on, off"},
        Row{{{"prompt-lookup", "2"}}, "bad-request", "expected one of on, off"},
        Row{{{"prompt-lookup-ngram", "0"}}, "bad-request", "expected a whole number from 1"},
        Row{{{"draft-max", "0"}}, "bad-request", "expected a whole number from 1"},
        Row{{{"draft-min", "-1"}}, "bad-request", "expected a whole number from 0"},
        Row{{{"draft-p-min", "-0.5"}}, "bad-request", "expected a number from 0"},
        Row{{{"draft-p-min", "likely"}}, "bad-request", "expected a number from 0"},
        Row{{{"cache-reuse", "x"}}, "bad-request", "expected a whole number from 0"},
        Row{{{"speculative-decoding", "eagle"}}, "bad-request", "expected one of off, draft, adaptive"},
        Row{{{"spec-type", "draft-simple"}},
            "unsupported",
            "flag 'spec-type' is 'draft-simple', but here it can only be none"},
        Row{{{"cache-reuse", "16"}}, "unsupported", "cache-reuse needs cache-prompt"},
        Row{{{"kv-cache", "off"}, {"prompt-lookup", "on"}}, "unsupported", "speculation needs kv-cache"},
        Row{{{"kv-cache", "off"}, {"speculative-decoding", "draft"}}, "unsupported", "speculation needs kv-cache"},
        Row{{{"speculative-decoding", "adaptive"}, {"draft-model", "none"}}, "unsupported", "has nothing to adapt"}}) {
    auto const settings = settings_from(flags);
    ASSERT_FALSE(settings) << reason;
    EXPECT_EQ(settings.error().kind, kind) << reason;
    EXPECT_THAT(settings.error().reason, HasSubstr(reason));
  }
}

TEST(Settings, SlotsAndSpeculation) {
  auto const settings = settings_from({{"parallel", "4"},
                                       {"cont-batching", "on"},
                                       {"ctx-size", "1024"},
                                       {"cache-prompt", "on"},
                                       {"cache-reuse", "32"},
                                       {"prompt-lookup", "on"},
                                       {"prompt-lookup-ngram", "5"},
                                       {"speculative-decoding", "adaptive"},
                                       {"draft-max", "12"},
                                       {"draft-min", "2"},
                                       {"draft-p-min", "0.25"}});
  ASSERT_TRUE(settings) << settings.error().reason;
  EXPECT_EQ(settings->context.n_seq_max, 4U);
  EXPECT_EQ(settings->context.n_ctx, 1024U);
  EXPECT_EQ(settings->request.batching, Batching::continuous);
  EXPECT_EQ(settings->request.cache_reuse, 32);
  auto const& speculation = settings->request.speculation;
  EXPECT_TRUE(speculation.lookup);
  EXPECT_EQ(speculation.lookup_ngram, 5);
  EXPECT_EQ(speculation.lookup_min, 2);
  EXPECT_TRUE(speculation.adaptive);
  EXPECT_EQ(speculation.draft_max, 12);
  EXPECT_EQ(speculation.draft_min, 2);
  EXPECT_EQ(speculation.draft_p_min, 0.25);
}

TEST(Settings, WhenADraftModelIsNeeded) {
  auto const source = [](Flags const& flags) { return settings_from(flags)->request.speculation.source; };
  EXPECT_EQ(source({}), DraftSource::none);
  EXPECT_EQ(source({{"prompt-lookup", "on"}}), DraftSource::none);
  EXPECT_EQ(source({{"speculative-decoding", "draft"}}), DraftSource::model);
  EXPECT_EQ(source({{"speculative-decoding", "draft"}, {"prompt-lookup", "on"}}), DraftSource::model);
  EXPECT_EQ(source({{"speculative-decoding", "adaptive"}}), DraftSource::model);
  EXPECT_EQ(source({{"speculative-decoding", "adaptive"}, {"prompt-lookup", "on"}}), DraftSource::model_where_given);
  EXPECT_EQ(source({{"speculative-decoding", "adaptive"}, {"prompt-lookup", "on"}, {"draft-model", "none"}}),
            DraftSource::none);
}

TEST(Settings, KvUnifiedFollowsFromWhatIsAsked) {
  auto const unified = [](Flags const& flags) { return settings_from(flags)->context.kv_unified; };
  EXPECT_EQ(unified({}), Unified::off);
  EXPECT_EQ(unified({{"parallel", "4"}}), Unified::off);
  EXPECT_EQ(unified({{"cache-prompt", "on"}}), Unified::off) << "one slot shares with nobody";
  EXPECT_EQ(unified({{"parallel", "2"}, {"cache-prompt", "on"}}), Unified::on);
  EXPECT_EQ(unified({{"parallel", "2"}, {"prompt-lookup", "on"}}), Unified::on);
  EXPECT_EQ(unified({{"parallel", "2"}, {"speculative-decoding", "draft"}, {"kv-unified", "auto"}}), Unified::on);
  EXPECT_EQ(unified({{"parallel", "2"}, {"cache-prompt", "on"}, {"kv-unified", "off"}}), Unified::off) << "as asked";
  EXPECT_EQ(unified({{"kv-unified", "on"}}), Unified::on);
}

TEST(Support, EveryFixedFlagSaysWhy) {
  for (auto const& [name, support] : flag_support()) {
    if (support.support != "yes") {
      EXPECT_TRUE(support.reason) << name;
    }
  }
  EXPECT_EQ(hello_reply().name, "llama");
  EXPECT_THAT(hello_reply().library, HasSubstr("llama.cpp "));
}

}  // namespace
}  // namespace edgelab::llama
