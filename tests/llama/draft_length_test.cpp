// How many tokens to draft: known best answers, and all answers tried.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "llama/draft_length.hpp"
#include "llama/mix.hpp"

namespace edgelab::llama {
namespace {

using testing::Each;
using testing::ElementsAre;

DraftChoice looked_up(double acceptance, std::size_t most) { return {{acceptance, acceptance}, most, false}; }
DraftChoice modelled(double acceptance, std::size_t most) { return {{acceptance, acceptance}, most, true}; }

// Tokens expected a second with these lengths.
double rate_of(std::vector<DraftChoice> const& choices, std::vector<std::size_t> const& lengths, StepCost const& target,
               StepCost const& draft) {
  double expected = 0.0;
  std::size_t rows = 0;
  std::size_t longest = 0;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    double gain = 1.0;
    auto const [first, later] = choices[i].chance;
    for (std::size_t k = 0; k <= lengths[i]; gain *= k == 0 ? first : later, ++k) expected += gain;
    rows += 1 + lengths[i];
    if (choices[i].by_model) longest = std::max(longest, lengths[i]);
  }
  double seconds = target.of(rows);
  for (std::size_t place = 1; place <= longest; ++place) {
    std::size_t sharing = 0;
    for (std::size_t i = 0; i < choices.size(); ++i) sharing += choices[i].by_model && lengths[i] >= place ? 1U : 0U;
    seconds += draft.of(sharing);
  }
  return expected / seconds;
}

// The best of all lengths.
double best_rate(std::vector<DraftChoice> const& choices, StepCost const& target, StepCost const& draft) {
  std::vector<std::size_t> lengths(choices.size(), 0);
  double best = 0.0;
  for (;;) {
    best = std::max(best, rate_of(choices, lengths, target, draft));
    std::size_t i = 0;
    while (i < lengths.size() && lengths[i] == choices[i].most) lengths[i++] = 0;
    if (i == lengths.size()) return best;
    ++lengths[i];
  }
}

class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : seed_(seed) {}
  std::uint64_t below(std::uint64_t n) { return mix(seed_, draws_++) % n; }
  double real() { return static_cast<double>(mix(seed_, draws_++) >> 11U) * 0x1p-53; }

 private:
  std::uint64_t seed_;
  std::uint64_t draws_ = 0;
};

// Rising, with plateaus and jumps, as kernels have them.
StepCost random_cost(Numbers& numbers, double scale) {
  std::vector<StepCost::Point> points;
  double seconds = scale;
  for (std::size_t rows = 1; rows < 24; rows += 1 + numbers.below(4)) {
    points.push_back({rows, seconds});
    seconds += scale * 0.5 * std::pow(numbers.real(), 3.0);
  }
  return StepCost(points);
}

enum class Kinds { looked_up, modelled, both };

std::vector<DraftChoice> random_choices(Numbers& numbers, Kinds kinds) {
  std::vector<DraftChoice> choices;
  for (auto slots = 1 + numbers.below(3); slots > 0; --slots) {
    bool const by_model = kinds == Kinds::modelled || (kinds == Kinds::both && numbers.below(2) == 0);
    Chance const chance{numbers.real(), numbers.real()};
    choices.push_back({chance, static_cast<std::size_t>(numbers.below(6)), by_model});
  }
  return choices;
}

TEST(DraftLengths, NoneWhereNothingIsAccepted) {
  StepCost const flat;
  std::vector const choices{looked_up(0.0, 8), modelled(0.0, 8)};
  EXPECT_THAT(draft_lengths(choices, flat, flat).tokens, ElementsAre(0, 0));
}

TEST(DraftLengths, AllWhereEverythingIsAcceptedAndPassesCostTheSame) {
  StepCost const flat;
  std::vector const choices{looked_up(1.0, 8), looked_up(1.0, 3), looked_up(1.0, 0)};
  auto const lengths = draft_lengths(choices, flat, flat);
  EXPECT_THAT(lengths.tokens, ElementsAre(8, 3, 0));
  EXPECT_DOUBLE_EQ(lengths.rate, 14.0);
}

TEST(DraftLengths, NoneWhereAPassOfTwoCostsTwoOfOne) {
  StepCost const linear({{1, 1.0}, {2, 2.0}});
  EXPECT_THAT(draft_lengths(std::vector{looked_up(0.99, 8), looked_up(0.9, 8)}, linear, {}).tokens, Each(0U));
}

TEST(DraftLengths, AKnownOptimum) {
  // One slot, acceptance 1/2, a row costs 1/5 more: (1 + 1/2) / 1.2 = 1.25, then 1.75 / 1.4 = 1.25, then less.
  StepCost const cost({{1, 1.0}, {11, 3.0}});
  auto const lengths = draft_lengths(std::vector{looked_up(0.5, 8)}, cost, {});
  EXPECT_DOUBLE_EQ(lengths.rate, 1.25);
  EXPECT_GE(lengths.tokens[0], 1U);
  EXPECT_LE(lengths.tokens[0], 2U);
}

TEST(DraftLengths, DraftPassesAreCounted) {
  // Verifying is free, drafting costs as much as the target: only sure tokens break even, and none is worth it.
  StepCost const flat;
  EXPECT_THAT(draft_lengths(std::vector{modelled(0.9, 4)}, flat, flat).tokens, ElementsAre(0));
  EXPECT_THAT(draft_lengths(std::vector{modelled(0.9, 4)}, flat, StepCost({{1, 0.01}})).tokens, ElementsAre(4));
}

TEST(DraftLengths, MostGoesToTheSlotThatGainsMost) {
  StepCost const cost({{1, 1.0}, {2, 1.05}, {5, 1.6}, {20, 9.0}});
  auto const lengths = draft_lengths(std::vector{looked_up(0.3, 8), looked_up(0.95, 8)}, cost, {}).tokens;
  EXPECT_LT(lengths[0], lengths[1]);
}

TEST(DraftLengths, ItsRateIsThatOfItsLengthsAndNeverLessThanPlainDecoding) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Numbers numbers(seed);
    auto const target = random_cost(numbers, 1.0);
    auto const draft = random_cost(numbers, 0.05 + 0.3 * numbers.real());
    auto const choices = random_choices(numbers, Kinds::both);
    auto const lengths = draft_lengths(choices, target, draft);
    ASSERT_EQ(lengths.tokens.size(), choices.size());
    for (std::size_t i = 0; i < choices.size(); ++i) ASSERT_LE(lengths.tokens[i], choices[i].most);
    EXPECT_NEAR(lengths.rate, rate_of(choices, lengths.tokens, target, draft), 1e-9) << seed;
    EXPECT_GE(lengths.rate, rate_of(choices, std::vector<std::size_t>(choices.size(), 0), target, draft) - 1e-12);
  }
}

TEST(DraftLengths, TheBestOfAllWhereTokensCostAlike) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Numbers numbers(seed);
    auto const target = random_cost(numbers, 1.0);
    auto const choices = random_choices(numbers, Kinds::looked_up);
    EXPECT_NEAR(draft_lengths(choices, target, {}).rate, best_rate(choices, target, {}), 1e-9) << seed;
  }
}

TEST(DraftLengths, TheBestForOneSlotOfAModel) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Numbers numbers(seed);
    auto const target = random_cost(numbers, 1.0);
    auto const draft = random_cost(numbers, 0.05 + 0.3 * numbers.real());
    std::vector const one{modelled(numbers.real(), numbers.below(9))};
    EXPECT_NEAR(draft_lengths(one, target, draft).rate, best_rate(one, target, draft), 1e-9) << seed;
  }
}

// Where passes of a draft model are shared by slots, or slots draft in different ways, tokens do not cost alike, and going
// through them by gain is a rule of thumb: it has to stay near the best.
TEST(DraftLengths, NearTheBestWhereTokensDoNot) {
  double worst = 1.0;
  double sum = 0.0;
  constexpr int trials = 600;
  for (std::uint64_t seed = 0; seed < trials; ++seed) {
    Numbers numbers(seed);
    auto const target = random_cost(numbers, 1.0);
    auto const draft = random_cost(numbers, 0.05 + 0.3 * numbers.real());
    auto const choices = random_choices(numbers, seed % 2 == 0 ? Kinds::modelled : Kinds::both);
    auto const share = draft_lengths(choices, target, draft).rate / best_rate(choices, target, draft);
    worst = std::min(worst, share);
    sum += share;
  }
  RecordProperty("worst", std::to_string(worst));
  RecordProperty("mean", std::to_string(sum / trials));
  EXPECT_GE(worst, 0.75) << "mean " << sum / trials;
  EXPECT_GE(sum / trials, 0.99);
}

TEST(Acceptance, OptimisticBeforeAnythingIsKnown) {
  Acceptance const acceptance;
  EXPECT_GT(acceptance.of(3, {}).first, 0.5);
  EXPECT_LT(acceptance.of(3, {}).first, 1.0);
  EXPECT_LT(acceptance.of(1, {}).first, acceptance.of(2, {}).first) << "short matches are found by chance";
  EXPECT_LT(acceptance.of(2, {}).first, acceptance.of(3, {}).first);
}

TEST(Acceptance, BecomesTheShareThatIsAccepted) {
  Acceptance acceptance;
  Acceptance::Request request;
  for (int i = 0; i < 2000; ++i) acceptance.take(2, 1, i % 4 == 0 ? 0 : 1, request);
  EXPECT_NEAR(acceptance.of(2, request).first, 0.75, 0.03);
  EXPECT_NEAR(acceptance.of(2, {}).first, 0.75, 0.03);
  for (int i = 0; i < 2000; ++i) acceptance.take(2, 1, 0, request);
  EXPECT_LT(acceptance.of(2, request).first, 0.02) << "what is old fades";
}

TEST(Acceptance, FirstTokensApartFromLaterOnes) {
  // One draft in two fails at once; of the others two tokens are accepted and the third refused.
  Acceptance acceptance;
  Acceptance::Request request;
  for (int i = 0; i < 500; ++i) {
    acceptance.take(1, 1, 0, request);
    acceptance.take(1, 3, 2, request);
  }
  EXPECT_NEAR(acceptance.of(1, request).first, 0.5, 0.02);
  EXPECT_NEAR(acceptance.of(1, request).later, 0.5, 0.02) << "of two judged after a first one";
}

TEST(Acceptance, OnlyWhatWasJudgedCounts) {
  Acceptance acceptance;
  Acceptance::Request request;
  auto const before = acceptance.of(1, request);
  acceptance.take(1, 0, 0, request);
  EXPECT_EQ(acceptance.of(1, request).first, before.first);
  for (int i = 0; i < 500; ++i) acceptance.take(1, 1, 1, request);
  EXPECT_GT(acceptance.of(1, request).first, 0.98);
  EXPECT_EQ(acceptance.of(1, request).later, before.later) << "none was judged";
}

TEST(Acceptance, SourcesAreApartAndRequestsLean) {
  Acceptance acceptance;
  Acceptance::Request good;
  Acceptance::Request bad;
  for (int i = 0; i < 30; ++i) {
    acceptance.take(1, 1, 1, good);
    acceptance.take(1, 1, 0, bad);
  }
  EXPECT_GT(acceptance.of(1, good).first, acceptance.of(1, {}).first);
  EXPECT_LT(acceptance.of(1, bad).first, acceptance.of(1, {}).first);
  EXPECT_EQ(acceptance.of(2, good).first, Acceptance().of(2, {}).first);
}

TEST(Exploration, SomeStepsAndEverFewer) {
  Exploration exploration;
  std::vector<int> explored;
  for (int step = 0; step < 20'000; ++step)
    if (exploration.due(false)) explored.push_back(step);
  ASSERT_GE(explored.size(), 20U) << "never given up";
  EXPECT_LE(explored.size(), 20'000U / 128) << "a small share";
  EXPECT_GE(explored.front(), 4);
  for (std::size_t i = 2; i < explored.size(); ++i)
    EXPECT_GE(explored[i] - explored[i - 1], explored[i - 1] - explored[i - 2]);
  EXPECT_EQ(explored.back() - explored[explored.size() - 2], 256);
}

TEST(Exploration, NotWhereDraftingIsChosenAnyway) {
  Exploration exploration;
  for (int step = 0; step < 1000; ++step) EXPECT_FALSE(exploration.due(true));
  int steps = 1;
  while (!exploration.due(false)) ++steps;
  EXPECT_EQ(steps, 8);
}

}  // namespace
}  // namespace edgelab::llama
