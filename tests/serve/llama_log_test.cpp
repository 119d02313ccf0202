// What is read out of llama.cpp's log, in the words of version 0.7.
#include <gtest/gtest.h>

#include "serve/llama_log.hpp"

namespace edgelab::serve::llama_log {
namespace {

constexpr auto context_log = R"(llama_context: n_ctx                 = 2048
llama_context: flash_attn            = auto
llama_context: kv_unified            = false
llama_context:        CPU  output buffer size =     0.25 MiB
llama_kv_cache:        CPU KV buffer size =     1.15 MiB
llama_kv_cache: size =    1.15 MiB (  2048 cells,   3 layers,  1/1 seqs), K (q8_0):    0.40 MiB, V (f16):    0.75 MiB
resolve_fused_ops: Flash Attention enabled
sched_reserve:        CPU compute buffer size =     5.50 MiB
)";

TEST(LlamaLog, FlashAttentionAsResolved) {
  EXPECT_EQ(flash_attention(context_log), "on");
  EXPECT_EQ(flash_attention("x: flash_attn            = disabled\n"), "off");
  EXPECT_EQ(flash_attention("x: flash_attn            = enabled\n"), "on");
  EXPECT_EQ(flash_attention("x: flash_attn            = auto\nr: Flash Attention not supported, set to disabled\n"),
            "off");
  EXPECT_EQ(flash_attention("x: flash_attn            = auto\nr: Flash Attention was auto, set to enabled\n"), "on");
  EXPECT_EQ(flash_attention("x: flash_attn            = auto\nr: Flash Attention was auto, set to disabled\n"), "off");
  EXPECT_EQ(flash_attention("x: flash_attn            = auto\n"), "unknown");
  EXPECT_EQ(flash_attention(
                "x: flash_attn            = auto\ni: enabling flash_attn since it is required for quantized V cache\n"),
            "on");
  EXPECT_EQ(flash_attention(""), "unknown");
}

TEST(LlamaLog, Buffers) {
  constexpr double mib = 1048576.0;
  EXPECT_EQ(kv_cache_bytes(context_log), static_cast<std::int64_t>(1.15 * mib + 0.5));
  EXPECT_EQ(compute_bytes(context_log), static_cast<std::int64_t>(5.75 * mib));
  EXPECT_EQ(compute_bytes(std::string(context_log) + "sched_reserve:        CPU compute buffer size =     7.50 MiB\n"),
            static_cast<std::int64_t>(7.75 * mib));   // made anew, not added
  EXPECT_EQ(
      kv_cache_bytes("a:        CPU KV buffer size =     1.00 MiB\na:        CPU KV buffer size =     0.50 MiB\n"),
      static_cast<std::int64_t>(1.5 * mib));    // with and without a window
  EXPECT_EQ(kv_cache_bytes("m:        CPU RS buffer size =     2.00 MiB\n"), static_cast<std::int64_t>(2 * mib));
  EXPECT_FALSE(kv_cache_bytes(""));
  EXPECT_FALSE(compute_bytes("no such line\n"));
}

TEST(LlamaLog, Words) {
  EXPECT_EQ(kv_type(context_log, 'K'), "q8_0");
  EXPECT_EQ(kv_type(context_log, 'V'), "f16");
  EXPECT_EQ(kv_type("", 'K'), "unknown");
  EXPECT_EQ(load_mode("load_tensors: loading model tensors, this can take a while... (load_mode = mmap)\n"), "mmap");
  EXPECT_EQ(load_mode(""), "unknown");
  EXPECT_EQ(cpu_variant("load_backend: loaded CPU backend from /usr/lib/ggml/libggml-cpu-zen4.so\n"), "zen4");
  EXPECT_EQ(cpu_variant("load_backend: loaded RPC backend\n"), "unknown");
}

}  // namespace
}  // namespace edgelab::serve::llama_log
