// Effects on the distance from the reference's distributions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stats/design_samples.hpp"
#include "stats/effects.hpp"

namespace edgelab::stats {
namespace {

using testing::design_plan;
using testing::has;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::trials_for;

// What a text loses to a is 0.1 nats a token, to b 0.02 times the text's number, and both together cost 0.05 more in two of the
// texts.
struct DistanceEffects : ::testing::Test {
  Plan plan = design_plan("ab", {"ab"});
  std::vector<TrialResult> trials = trials_for(plan, 2, [](Round const&, int) { return 0.0; });
  std::vector<ReadText> texts;
  std::vector<std::size_t> read_as;
  std::vector<std::optional<std::size_t>> references;

  static double lost(Round const& round, int text) {
    double kld = has(round, "a") ? 0.1 : 0.0;
    if (has(round, "b")) kld += 0.02 * text;
    if (has(round, "a") && has(round, "b") && text < 2) kld += 0.05;
    return kld;
  }
  static constexpr int texts_each = 6;
  static std::size_t tokens_of(int text) { return static_cast<std::size_t>(10 + text); }

  void read(std::size_t cell) {
    auto const& round = plan.experiment.rounds[plan.cells[cell].round];
    for (int text = 0; text < texts_each; ++text) {
      ReadText one;
      one.cell = cell;
      one.shape = "prefill";
      one.id = std::to_string(text);
      one.kld.assign(tokens_of(text), lost(round, text));
      texts.push_back(one);
    }
  }
  std::vector<EffectsSummary> found() {
    read_as.resize(plan.cells.size());
    for (std::size_t i = 0; i < read_as.size(); ++i)
      if (read_as[i] == 0) read_as[i] = i;
    references.assign(plan.cells.size(), 0);
    return effects(plan, trials, {}, {.texts = texts, .read_as = read_as, .references = references});
  }
};

TEST_F(DistanceEffects, distances_add_up_by_text) {
  for (std::size_t cell = 1; cell < plan.cells.size(); ++cell) read(cell);
  texts.push_back(texts[0]);
  texts.back().shape = "decode";  // in no figure
  texts.back().kld.assign(1000, 9.0);
  auto const list = found();
  ASSERT_THAT(list, SizeIs(1));
  ASSERT_THAT(list[0].scores, SizeIs(1));
  auto const& nats = list[0].scores[0];
  EXPECT_EQ(nats.name, "kld_mean");
  EXPECT_EQ(nats.unit, "nats");
  EXPECT_EQ(nats.better, "lower");
  // Over tokens: 10 to 15 of them a text, 75 together; the first two texts have 21.
  double const b = 0.02 * (11 * 1 + 12 * 2 + 13 * 3 + 14 * 4 + 15 * 5) / 75.0;
  double const both = 0.05 * 21.0 / 75.0;
  ASSERT_THAT(nats.combinations, SizeIs(1));
  EXPECT_NEAR(nats.combinations[0].predicted, 0.1 + b, 1e-9);
  EXPECT_NEAR(nats.combinations[0].measured, 0.1 + b + both, 1e-9);
  EXPECT_NEAR(nats.combinations[0].difference, both, 1e-9);
  EXPECT_EQ(nats.combinations[0].n, texts_each);
  ASSERT_TRUE(nats.combinations[0].ci95);  // two of six texts: not enough to be sure
  EXPECT_LT((*nats.combinations[0].ci95)[0], 0.0);
  EXPECT_GT((*nats.combinations[0].ci95)[1], both);
  ASSERT_THAT(nats.effects, SizeIs(3));
  EXPECT_NEAR(nats.effects[0].difference, 0.1 + both / 2, 1e-9);
  EXPECT_NEAR(nats.effects[1].difference, b + both / 2, 1e-9);
  EXPECT_NEAR(nats.effects[2].difference, both, 1e-9);
}

// b reads as the baseline does, and ab as a: exactly independent, with nothing read twice.
TEST_F(DistanceEffects, what_cannot_change_a_text_adds_nothing) {
  read(1);
  read_as = {0, 1, 0, 1};
  read_as[2] = 0;
  references.assign(4, 0);
  auto const list = effects(plan, trials, {}, {.texts = texts, .read_as = read_as, .references = references});
  auto const& nats = list.at(0).scores.at(0);
  EXPECT_NEAR(nats.combinations.at(0).measured, 0.1, 1e-9);
  EXPECT_EQ(nats.combinations[0].difference, 0.0);
  EXPECT_FALSE(nats.combinations[0].ci95);
  EXPECT_EQ(nats.effects.at(1).difference, 0.0);
}

TEST_F(DistanceEffects, without_the_texts_of_a_round_there_are_none) {
  read(1);
  read(2);
  EXPECT_THAT(found().at(0).scores, IsEmpty());  // ab was not read
  texts.clear();
  EXPECT_THAT(found().at(0).scores, IsEmpty());
}

}  // namespace
}  // namespace edgelab::stats
