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
  EXPECT_TRUE(settings->context.kv_unified);
  EXPECT_TRUE(settings->context.swa_full);
  EXPECT_EQ(settings->model.load_mode, LLAMA_LOAD_MODE_MMAP_MLOCK);
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
        Row{{{"parallel", "4"}}, "unsupported", "flag 'parallel' is '4', but here it can only be 1"},
        Row{{{"prompt-lookup", "on"}}, "unsupported", "can only be off: not in this executor yet"},
        Row{{{"speculative-decoding", "draft"}}, "unsupported", "can only be off"}}) {
    auto const settings = settings_from(flags);
    ASSERT_FALSE(settings) << reason;
    EXPECT_EQ(settings.error().kind, kind) << reason;
    EXPECT_THAT(settings.error().reason, HasSubstr(reason));
  }
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
