#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "quality/answers.hpp"
#include "quality/samples.hpp"

namespace edgelab::quality {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using testing::plan_with;
using ::testing::SizeIs;

std::optional<Effect> effect_of(std::string const& flag) {
  if (flag == "prio") return Effect::exact;
  if (flag == "flash-attn") return Effect::rounding;
  if (flag == "cache-type-k") return Effect::lossy;
  return std::nullopt;
}

// A baseline, and one round for each effect, and one with a flag that nobody knows.
Plan sample() {
  auto plan = plan_with({"baseline", "twin", "prio", "fa", "q8", "own"}, 3);
  for (auto& cell : plan.cells) cell.resolved = {{"prio", "0"}, {"flash-attn", "off"}, {"cache-type-k", "f16"}};
  plan.cells[2].resolved["prio"] = "2";
  plan.cells[3].resolved["prio"] = "2";
  plan.cells[3].resolved["flash-attn"] = "on";
  plan.cells[4].resolved["cache-type-k"] = "q8_0";
  plan.cells[5].resolved["mine.window"] = "8";
  return plan;
}

Answer answer(std::size_t cell, std::size_t request, std::vector<std::int32_t> tokens, std::int32_t block = 0) {
  std::string text;
  for (auto const token : tokens) text += static_cast<char>('a' + token);
  return {cell, request, block, 1, text, std::move(tokens)};
}

TEST(Equivalence, is_judged_where_no_flag_is_lossy_or_unknown) {
  auto const plan = sample();
  std::vector<Answer> answers;
  for (std::size_t cell = 0; cell < plan.cells.size(); ++cell) answers.push_back(answer(cell, 0, {1, 2}));
  auto const found = equivalence(plan, answers, effect_of);
  EXPECT_THAT(found, ElementsAre(Field(&EquivalenceSummary::round, "twin"), Field(&EquivalenceSummary::round, "prio"),
                                 Field(&EquivalenceSummary::round, "fa")));
  EXPECT_THAT(found,
              ElementsAre(Field(&EquivalenceSummary::effect, "exact"), Field(&EquivalenceSummary::effect, "exact"),
                          Field(&EquivalenceSummary::effect, "rounding")));
  for (auto const& row : found) {
    EXPECT_EQ(row.requests, 1);
    EXPECT_EQ(row.identical, 1);
    EXPECT_EQ(row.reference, "baseline");
    EXPECT_EQ(row.compared, "tokens");
  }
}

TEST(Equivalence, says_where_outputs_part) {
  auto const plan = sample();
  std::vector<Answer> const answers{answer(0, 0, {1, 2, 3}), answer(0, 1, {1, 2}), answer(0, 2, {4}),
                                    answer(3, 0, {1, 2, 4}), answer(3, 1, {1, 2, 3})};
  auto const found = equivalence(plan, answers, effect_of);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].requests, 2);    // the third was answered by the reference alone
  EXPECT_EQ(found[0].identical, 0);
  ASSERT_THAT(found[0].divergences, SizeIs(2));
  EXPECT_EQ(found[0].divergences[0].request, "q0");
  EXPECT_EQ(found[0].divergences[0].token, 2);
  EXPECT_EQ(found[0].divergences[1].token, 2);    // where the shorter one ends
  EXPECT_EQ(found[0].divergences[0].verdict, "differs");
  EXPECT_FALSE(found[0].divergences[0].margin);
}

// A defect that strikes seldom is never the usual answer.
TEST(Equivalence, one_answer_in_many_is_enough) {
  auto const plan = sample();
  std::vector<Answer> const answers{answer(0, 0, {1, 2, 3}, 0), answer(0, 0, {1, 2, 3}, 1), answer(0, 0, {1, 2, 3}, 2),
                                    answer(1, 0, {1, 2, 3}, 0), answer(1, 0, {1, 2, 4}, 1), answer(1, 0, {1, 2, 3}, 2)};
  auto const found = equivalence(plan, answers, effect_of);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].requests, 1);
  EXPECT_EQ(found[0].identical, 0);
  EXPECT_EQ(found[0].answers, 3);
  EXPECT_EQ(found[0].differing, 1);
  ASSERT_THAT(found[0].divergences, SizeIs(1));
  EXPECT_EQ(found[0].divergences[0].token, 2);
  EXPECT_EQ(found[0].divergences[0].answers, 3);
  EXPECT_EQ(found[0].divergences[0].differing, 1);
  EXPECT_EQ(found[0].control_varied, 0);
}

TEST(Equivalence, what_the_reference_gave_once_is_its_answer_too) {
  auto const plan = sample();
  std::vector<Answer> const answers{answer(0, 0, {1, 9}, 0), answer(0, 0, {1, 2}, 1), answer(0, 0, {1, 2}, 2),
                                    answer(0, 1, {5}, 0),    answer(0, 1, {5}, 1),    answer(0, 2, {6}, 0),
                                    answer(1, 0, {1, 9}, 0), answer(1, 0, {1, 2}, 1), answer(1, 1, {5}, 0)};
  auto const found = equivalence(plan, answers, effect_of);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].identical, 2);
  EXPECT_EQ(found[0].control_requests, 2);
  EXPECT_EQ(found[0].control_varied, 1);
}

TEST(Equivalence, by_text_where_there_are_no_tokens) {
  auto const plan = sample();
  std::vector<Answer> const answers{{0, 0, 0, 1, "one", {}}, {1, 0, 0, 1, "one", {}}, {2, 0, 0, 1, "two", {}}};
  auto const found = equivalence(plan, answers, effect_of);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].compared, "text");
  EXPECT_EQ(found[0].identical, 1);
  EXPECT_EQ(found[1].identical, 0);
  EXPECT_FALSE(found[1].divergences.at(0).token);
}

TEST(Equivalence, nothing_is_expected_of_sampled_output) {
  auto plan = sample();
  plan.experiment.workloads[0].sampling.temperature = 0.7;
  EXPECT_THAT(equivalence(plan, {answer(0, 0, {1}), answer(1, 0, {2})}, effect_of), IsEmpty());
}

}  // namespace
}  // namespace edgelab::quality
