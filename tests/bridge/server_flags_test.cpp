// Flags of the catalogue as options of a llama-server.
#include "bridge/server/flags.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace edgelab::bridge {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto today = R"(
-m,    --model FNAME                    model path to load
-c,    --ctx-size N                     size of the prompt context
-t,    --threads N                      number of CPU threads
-np,   --parallel N                     number of server slots
-fa,   --flash-attn [on|off|auto]       set Flash Attention use
-ctk,  --cache-type-k TYPE              KV cache data type for K
                                        allowed values: f32, f16, q8_0
-cb,   --cont-batching, -nocb, --no-cont-batching
                                        whether to enable continuous batching
--repack, -nr, --no-repack              whether to enable weight repacking
--slot-save-path PATH                   path to save slot kv cache
--cache-ram N                           set the maximum cache size in MiB
--spec-type none,draft-simple,ngram-simple
                                        comma-separated list of types
--spec-draft-model, -md FNAME           draft model for speculative decoding
--spec-draft-n-max N                    number of tokens to draft
--spec-ngram-simple-size-m N            ngram size M
)";
constexpr auto once = R"(
-m,    --model FNAME                    model path to load
-c,    --ctx-size N                     size of the prompt context
-fa,   --flash-attn                     enable Flash Attention
)";

Build build(char const* help) { return {"llama-server", help, "version: 7 (abc)\n"}; }

std::vector<std::string> arguments(char const* help, Flags const& flags,
                                   Launch launch = {.model = "m.gguf", .draft = {}, .context = 512}) {
  auto const made = arguments_of(build(help), flags, launch);
  EXPECT_TRUE(made) << (made ? "" : made.error().reason);
  return made.value_or(std::vector<std::string>{});
}

// Whether they stand side by side.
bool has(std::vector<std::string> const& words, std::vector<std::string> const& part) {
  return !std::ranges::search(words, part).empty();
}

TEST(ServerFlags, BecomeOptions) {
  auto const words = arguments(today, {{"threads", "2"},
                                       {"flash-attn", "off"},
                                       {"cache-type-k", "q8_0"},
                                       {"parallel", "4"},
                                       {"cont-batching", "off"},
                                       {"repack", "on"},
                                       {"extra-args", R"(["--no-warmup","-x"])"}});
  EXPECT_TRUE(has(words, {"--model", "m.gguf"}));
  EXPECT_TRUE(has(words, {"--threads", "2"}));
  EXPECT_TRUE(has(words, {"--flash-attn", "off"}));
  EXPECT_TRUE(has(words, {"--cache-type-k", "q8_0"}));
  EXPECT_TRUE(has(words, {"--ctx-size", "512"}));
  EXPECT_TRUE(has(words, {"--cache-ram", "0"})) << "nothing that nobody asked for";
  EXPECT_THAT(words, Contains("--no-cont-batching"));
  EXPECT_THAT(words, Contains("--repack"));
  EXPECT_THAT(words, Not(Contains("--no-repack")));
  EXPECT_TRUE(std::ranges::ends_with(words, std::vector<std::string>{"--no-warmup", "-x"}))
      << "the user's come last, and win";
}

TEST(ServerFlags, OfARequestChangeNoCommandLine) {
  Flags const flags{{"threads", "2"}};
  auto other = flags;
  other["cache-prompt"] = "off";
  other["draft-max"] = "3";       // nobody drafts
  EXPECT_EQ(arguments(today, flags), arguments(today, other));
}

TEST(ServerFlags, OfAnOlderBuild) {
  EXPECT_THAT(arguments(once, {{"flash-attn", "on"}}), Contains("--flash-attn"));
  EXPECT_THAT(arguments(once, {{"flash-attn", "off"}}), Not(Contains("--flash-attn")));
  auto const flags = supported(build(once));
  EXPECT_EQ(flags.at("flash-attn").values, (std::vector<std::string>{"on", "off"}));
  EXPECT_EQ(flags.at("threads").support, "no");
  EXPECT_EQ(flags.at("threads").reason, "llama-server 7 (abc) has no option --threads");
  EXPECT_EQ(flags.at("spec-type").support, "no");
  EXPECT_EQ(flags.at("cache-prompt").support, "no");
}

TEST(ServerFlags, SupportFollowsFromTheBuild) {
  auto const flags = supported(build(today));
  EXPECT_EQ(flags.at("threads").support, "yes");
  EXPECT_EQ(flags.at("cache-type-k").values, (std::vector<std::string>{"f32", "f16", "q8_0"}));
  EXPECT_EQ(flags.at("spec-type").values, (std::vector<std::string>{"none", "draft-simple", "ngram-simple"}));
  EXPECT_EQ(flags.at("speculative-decoding").values, (std::vector<std::string>{"off", "draft"}));
  EXPECT_EQ(flags.at("kv-cache").support, "fixed");
  EXPECT_EQ(flags.at("prompt-lookup").support, "no");
  EXPECT_THAT(*flags.at("prompt-lookup").reason, HasSubstr("ngram-simple"));
}

TEST(ServerFlags, Drafting) {
  Launch const with_draft{.model = "m.gguf", .draft = "d.gguf", .context = 512};
  auto const words = arguments(today, {{"speculative-decoding", "draft"}, {"draft-max", "6"}}, with_draft);
  EXPECT_TRUE(has(words, {"--spec-type", "draft-simple"}));
  EXPECT_TRUE(has(words, {"--spec-draft-model", "d.gguf"}));
  EXPECT_TRUE(has(words, {"--spec-draft-n-max", "6"}));
  auto const ngram = arguments(today, {{"spec-type", "ngram-simple"}, {"draft-max", "6"}}, with_draft);
  EXPECT_TRUE(has(ngram, {"--spec-ngram-simple-size-m", "6"}));
  EXPECT_THAT(ngram, Not(Contains("d.gguf")));
  auto const none =
      arguments_of(build(today), {{"spec-type", "draft-simple"}}, {.model = "m.gguf", .draft = {}, .context = 512});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, "unsupported");
}

TEST(ServerFlags, ValuesThatCannotBe) {
  for (auto const& [flag, value] :
       Flags{{"threads", "many"}, {"cache-type-k", "q9"}, {"repack", "perhaps"}, {"extra-args", "[x"}}) {
    auto const made = arguments_of(build(today), {{flag, value}}, {.model = "m.gguf", .draft = {}, .context = 512});
    ASSERT_FALSE(made) << flag;
    EXPECT_EQ(made.error().kind, "bad-request");
    EXPECT_THAT(made.error().reason, HasSubstr(value));
  }
}

TEST(ServerFlags, LayersNeedSomethingThatTakesThem) {
  auto const with_layers = std::string(today) +
                           "-ngl, --gpu-layers, --n-gpu-layers N   max. number of layers\n"
                           "-sm, --split-mode {none,layer,row}     how to split\n"
                           "-mg, --main-gpu INDEX                  the GPU\n";
  Build const without("llama-server", with_layers, "", "Available devices:\n  (none)\n");
  auto const flags = supported(without);
  EXPECT_THAT(flags.at("n-gpu-layers").values, ::testing::ElementsAre("0", "auto"));
  EXPECT_THAT(flags.at("split-mode").values, ::testing::ElementsAre("layer"));
  Launch const launch{.model = "m.gguf", .draft = {}, .context = 512};
  auto const refused = arguments_of(without, {{"n-gpu-layers", "99"}}, launch);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, "unsupported");
  EXPECT_THAT(refused.error().reason, HasSubstr("no accelerator"));
  EXPECT_TRUE(arguments_of(without, {{"n-gpu-layers", "0"}}, launch));

  Build const remote("llama-server", with_layers + "--rpc SERVERS      list of RPC servers\n", "", "Available devices:\n");
  EXPECT_EQ(supported(remote).at("n-gpu-layers").support, "yes");
  EXPECT_FALSE(arguments_of(remote, {{"n-gpu-layers", "99"}}, launch));
  EXPECT_TRUE(arguments_of(remote, {{"n-gpu-layers", "99"}, {"rpc", "127.0.0.1:50052"}}, launch));

  Build const with("llama-server", with_layers, "", "Available devices:\n  Vulkan0: a card (1 MiB, 1 MiB free)\n");
  EXPECT_EQ(supported(with).at("n-gpu-layers").support, "yes");
  EXPECT_TRUE(arguments_of(with, {{"n-gpu-layers", "99"}}, launch));
}

}  // namespace
}  // namespace edgelab::bridge
