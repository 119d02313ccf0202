// Layers on an accelerator: the same answers as on the CPU, with every technique, and the ledger says where they are.
#include <gmock/gmock.h>

#include "llama/answers.hpp"
#include "llama/combinations.hpp"
#include "llama/judge.hpp"

namespace edgelab::test {
namespace {

// An accelerator computes in half precision where the CPU does not: answers part at near-ties, and a token may be this
// much less likely than the likeliest, in logits. Wrong tokens of this model are behind by several.
constexpr double half_precision = 0.5;

// ggml 0.27's Vulkan backend in software computes logits wrongly for more than 32 rows at once that do not fill a tile of
// 64, whoever asks for them: four slots with drafts of up to 4 tokens stay below.
TEST(Gpu, AnswersAreTheModelsOwn) {
  Flags const on_gpu{{"n-gpu-layers", "all"}, {"draft-max", "4"}};
  Respondent respondent(on_gpu);
  if (respondent.hello().flags.at("main-gpu").support != "yes") GTEST_SKIP() << "no accelerator here";
  Judge judge(demo_model);
  auto const requests = held_out_prompts(2, 16);
  auto const baseline = Respondent().answers(requests, {}, judge);
  for (auto flags : {Flags{}, Flags{{"flash-attn", "on"}}, Flags{{"prompt-lookup", "on"}},
                     Flags{{"speculative-decoding", "draft"}},
                     Flags{{"parallel", "4"}, {"cont-batching", "on"}, {"cache-prompt", "on"},
                           {"speculative-decoding", "adaptive"}, {"prompt-lookup", "on"}},
                     Flags{{"no-kv-offload", "on"}}}) {
    flags.insert(on_gpu.begin(), on_gpu.end());
    auto const answers = respondent.answers(requests, flags, judge);
    EXPECT_EQ(respondent.in_force().at("n-gpu-layers"), "5");   // four layers and the output
    auto const found = compare(baseline, answers, judge, half_precision);
    EXPECT_THAT(found.defects, testing::IsEmpty()) << in_words(flags);
    EXPECT_LE(found.near_ties, requests.size() / 6) << in_words(flags);
  }
}

TEST(Gpu, PartOfTheLayersAndNone) {
  Respondent respondent;
  if (respondent.hello().flags.at("main-gpu").support != "yes") GTEST_SKIP() << "no accelerator here";
  Judge judge(demo_model);
  auto const requests = held_out_prompts(1, 16);
  auto const baseline = respondent.answers(requests, {}, judge);
  EXPECT_EQ(respondent.in_force().at("n-gpu-layers"), "0");
  auto const partly = respondent.answers(requests, {{"n-gpu-layers", "2"}}, judge);
  EXPECT_EQ(respondent.in_force().at("n-gpu-layers"), "2");
  EXPECT_THAT(compare(baseline, partly, judge, half_precision).defects, testing::IsEmpty());
}

}  // namespace
}  // namespace edgelab::test
