// What a llama-server says of itself: its log, in the words of version 0.7, and its answers.
#include "bridge/server/ledger.hpp"

#include <gtest/gtest.h>

namespace edgelab::bridge {
namespace {

constexpr auto log =
    R"(common_params_print_info: build 11669 (Debian)
system_info: n_threads = 2 (n_threads_batch = 3) / 4 | CPU : SSE3 = 1 |
load_backend: loaded CPU backend from /usr/lib/ggml/libggml-cpu-zen4.so
load_model: loading model 'demo.gguf'
load_tensors: loading model tensors, this can take a while... (load_mode = mmap)
load_tensors:   CPU_Mapped model buffer size =     3.38 MiB
llama_context: constructing llama_context
llama_context: n_seq_max             = 2
llama_context: n_ctx                 = 1024
llama_context: n_ctx_seq             = 512
llama_context: n_batch               = 1000
llama_context: n_ubatch              = 64
llama_context: flash_attn            = disabled
llama_context: kv_unified            = false
llama_context: n_ctx_seq (512) < n_ctx_train (2048) -- the full capacity of the model will not be utilized
llama_context:        CPU  output buffer size =     0.25 MiB
llama_kv_cache:        CPU KV buffer size =     1.00 MiB
llama_kv_cache: size =    1.00 MiB (   512 cells,   4 layers,  2/2 seqs), K (q8_0):    0.50 MiB, V (f16):    0.50 MiB
sched_reserve:        CPU compute buffer size =     5.75 MiB
)";

constexpr auto draft_log =
    R"(common_speculative_init_result: loading draft model 'draft.gguf'
load_tensors:   CPU_Mapped model buffer size =     0.50 MiB
llama_context: n_batch               = 77
llama_kv_cache:        CPU KV buffer size =     0.25 MiB
llama_kv_cache: size =    0.25 MiB (   512 cells,   2 layers,  2/2 seqs), K (f16):    0.12 MiB, V (f16):    0.12 MiB
sched_reserve:        CPU compute buffer size =     3.00 MiB
common_speculative_init: adding speculative implementation 'draft-simple'
)";

constexpr double mib = 1048576.0;

TEST(ServerLedger, ReadsItsLog) {
  auto const flags = in_force({.log = log, .drafter = "none"});
  for (auto const& [name, value] : Flags{{"threads", "2"},
                                         {"threads-batch", "3"},
                                         {"n-ctx", "1024"},
                                         {"batch-size", "1000"},
                                         {"ubatch-size", "64"},
                                         {"flash-attn", "off"},
                                         {"kv-unified", "off"},
                                         {"cache-type-k", "q8_0"},
                                         {"cache-type-v", "f16"},
                                         {"parallel", "2"},
                                         {"load-mode", "mmap"},
                                         {"repack", "off"},
                                         {"cpu-variant", "zen4"},
                                         {"spec-type", "none"},
                                         {"speculative-decoding", "off"},
                                         {"cont-batching", "unknown"}})
    EXPECT_EQ(flags.at(name), value) << name;
  EXPECT_FALSE(flags.contains("draft-max")) << "nobody drafts";
}

TEST(ServerLedger, WhatIsNotSaidIsUnknown) {
  for (auto const& [name, value] : in_force({.log = "", .drafter = "draft-simple"}))
    EXPECT_EQ(value, name == "kv-cache" ? "on" : "unknown") << name;
}

TEST(ServerLedger, ADraftModelIsAnother) {
  Facts const facts{.log = std::string(log) + draft_log, .drafter = "draft-simple"};
  EXPECT_EQ(in_force(facts).at("batch-size"), "1000");
  EXPECT_EQ(in_force(facts).at("cache-type-k"), "q8_0");
  EXPECT_EQ(in_force(facts).at("spec-type"), "draft-simple");
  EXPECT_EQ(in_force(facts).at("speculative-decoding"), "draft");
  auto const memory = memory_use(facts);
  EXPECT_EQ(memory.kv_cache_bytes, static_cast<std::int64_t>(1.0 * mib));
  EXPECT_EQ(memory.compute_bytes, static_cast<std::int64_t>(6.0 * mib));
  EXPECT_EQ(memory.draft_model_bytes, static_cast<std::int64_t>(0.5 * mib));
  EXPECT_EQ(memory.draft_kv_cache_bytes, static_cast<std::int64_t>(0.25 * mib));
  EXPECT_EQ(memory.draft_compute_bytes, static_cast<std::int64_t>(3.0 * mib));
  EXPECT_FALSE(memory_use({.log = log, .drafter = "none"}).draft_model_bytes);
}

TEST(ServerLedger, LayersAreOffloadedOnlyWhereSomethingTakesThem) {
  auto const said = std::string(log) + "load_tensors: offloaded 5/5 layers to GPU\n";
  auto const taken = in_force({.log = said, .drafter = "none", .elsewhere = true});
  EXPECT_EQ(taken.at("n-gpu-layers"), "5");
  EXPECT_EQ(taken.at("offloadable-layers"), "5");
  EXPECT_EQ(in_force({.log = said, .drafter = "none", .elsewhere = false}).at("n-gpu-layers"), "0");
  EXPECT_EQ(in_force({.log = log, .drafter = "none"}).at("n-gpu-layers"), "unknown");
}

TEST(ServerLedger, SlotsAreThoseThatItLists) {
  EXPECT_EQ(in_force({.log = log, .drafter = "none", .slots = R"([{"id":0},{"id":1},{"id":2}])"}).at("parallel"), "3");
  EXPECT_EQ(in_force({.log = "", .drafter = "none", .props = R"({"total_slots":5})"}).at("parallel"), "5");
}

}  // namespace
}  // namespace edgelab::bridge
