// Options out of the text that --help prints.
#include "bridge/server/build.hpp"

#include <gmock/gmock.h>

namespace edgelab::bridge {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// In the words of several versions.
constexpr auto help = R"(----- common params -----

-h,    --help, --usage                  print usage and exit
-t,    --threads N                      number of CPU threads to use during generation (default: <num_cpus>)
                                        (env: LLAMA_ARG_THREADS)
-fa,   --flash-attn [on|off|auto]       set Flash Attention use ('on', 'off', or 'auto', default: 'auto')
--swa-full                              use full-size SWA cache (default: false)
-ctk,  --cache-type-k TYPE              KV cache data type for K
                                        allowed values: f32, f16, q8_0
                                        (default: f16)
-kvo,  --kv-offload, -nkvo, --no-kv-offload
                                        whether to enable KV cache offloading (default: enabled)
-lm,   --load-mode MODE                 model loading mode (default: auto)
                                        - auto: mmap, unless a device does not support it
                                        - none: no special loading mode
                                        - mmap+mlock: both
-sm,   --split-mode {none,layer,row}
                                        how to split the model across multiple GPUs, one of:
                                        - none: use one GPU only
                                        - layer (default): split layers
--spec-type none,draft-simple,ngram-simple
                                        comma-separated list of types
--draft, --draft-n, --draft-max N       the argument has been removed. use --spec-draft-n-max or
                                        --spec-ngram-mod-n-max
)";

Build example() {
  return {"llama-server", help, "load_backend: loaded\nversion: 0.7.0 (build 11669, commit abc)\nbuilt with x\n"};
}

TEST(Build, KnowsWhatIsListed) {
  auto const build = example();
  EXPECT_EQ(build.version(), "0.7.0 (build 11669, commit abc)");
  for (auto const* name : {"-t", "--threads", "--swa-full", "--no-kv-offload", "-nkvo", "--usage"})
    EXPECT_TRUE(build.has(name)) << name;
  EXPECT_FALSE(build.has("--no-such-option"));
  EXPECT_FALSE(build.has("--draft-max")) << "it is listed only to say that it is gone";
  EXPECT_EQ(build.first_of({"--gone", "--kv-offload", "-t"}), "--kv-offload");
  EXPECT_EQ(build.first_of({"--gone"}), "");
}

TEST(Build, KnowsWhatAnOptionTakes) {
  auto const build = example();
  EXPECT_EQ(build.argument("--threads"), "N");
  EXPECT_EQ(build.argument("--flash-attn"), "[on|off|auto]");
  EXPECT_EQ(build.argument("--swa-full"), "");
  EXPECT_EQ(build.argument("--no-kv-offload"), "");
  EXPECT_THAT(build.values("--flash-attn"), ElementsAre("on", "off", "auto"));
  EXPECT_THAT(build.values("--cache-type-k"), ElementsAre("f32", "f16", "q8_0"));
  EXPECT_THAT(build.values("--load-mode"), ElementsAre("auto", "none", "mmap+mlock"));
  EXPECT_THAT(build.values("--split-mode"), ElementsAre("none", "layer", "row"));
  EXPECT_THAT(build.values("--spec-type"), ElementsAre("none", "draft-simple", "ngram-simple"));
  EXPECT_THAT(build.values("--threads"), IsEmpty());
}

TEST(Build, KnowsWhetherThereIsAnAccelerator) {
  auto const finds = [](std::optional<std::string_view> devices) {
    return Build("llama-server", help, "", devices).finds_accelerator();
  };
  EXPECT_FALSE(finds("load_backend: loaded CPU backend\nAvailable devices:\n  (none)\n"));
  EXPECT_TRUE(finds("Available devices:\n  Vulkan0: llvmpipe (LLVM 19.1.7, 256 bits) (32000 MiB, 32000 MiB free)\n"));
  EXPECT_FALSE(finds("Available devices:\n  BLAS: OpenBLAS (0 MiB, 0 MiB free)\n"));
  EXPECT_FALSE(finds("a: b\n"));
  EXPECT_TRUE(finds({})) << "nobody could be asked";
}

TEST(Build, WhatIsNoServerIsFoundOut) {
  EXPECT_FALSE(Build::ask("/bin/true"));
  EXPECT_FALSE(Build::ask("/bin/false"));
  EXPECT_FALSE(Build::ask("/no/such/program"));
}

}  // namespace
}  // namespace edgelab::bridge
