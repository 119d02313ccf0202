// edgelab-llama built for 64-bit Arm, under an emulator: its greedy answers against this machine's (`./lab test --preset arm64`).
#include <gmock/gmock.h>

#include <cstdlib>
#include <print>

#include "core/text.hpp"
#include "llama/answers.hpp"
#include "llama/judge.hpp"

namespace edgelab::test {
namespace {

// Kernels differ: those of Arm add up products in half precision. Wrong tokens of this model are behind by several logits.
constexpr double half_precision = 0.5;

TEST(Arm64, AnswersAreTheModelsOwn) {
  char const* const command = std::getenv("EDGELAB_ARM64_LLAMA");  // NOLINT(concurrency-mt-unsafe): nothing changes it
  if (command == nullptr) GTEST_SKIP() << "EDGELAB_ARM64_LLAMA names no emulator and program";
  Judge judge(demo_model);
  auto const requests = held_out_prompts(1, 12);
  auto const here = Respondent().answers(requests, {}, judge);
  Respondent emulated(split(command, ' '));
  for (auto const& flags : {Flags{}, Flags{{"prompt-lookup", "on"}, {"parallel", "2"}}}) {
    auto const found = compare(here, emulated.answers(requests, flags, judge), judge, half_precision);
    std::println("{} identical, {} near-ties, {} defects", found.identical, found.near_ties, found.defects.size());
    EXPECT_THAT(found.defects, testing::IsEmpty());
    EXPECT_LE(found.near_ties, requests.size() / 3);
    EXPECT_EQ(emulated.in_force().at("emulated"), "on") << "its times are none of that machine's";
  }
}

}  // namespace
}  // namespace edgelab::test
