#include "stats/effects.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "stats/design.hpp"
#include "stats/design_samples.hpp"
#include "stats/samples.hpp"

namespace edgelab::stats {
namespace {

using testing::bad_trial;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::design_plan;
using testing::has;
using ::testing::SizeIs;
using testing::trials_for;

EffectSummary effect(EffectsSummary const& summary, std::string const& term) {
  return *std::ranges::find(summary.metrics.at(0).effects, term, &EffectSummary::term);
}

TEST(LeastSquares, solves_a_line) {
  // y = 1 + 2 x, and a column that is twice the second: not kept, and its coefficients are (0, 2).
  std::vector<Column> const columns{{1, 1, 1, 1}, {0, 1, 2, 3}, {0, 2, 4, 6}, {1, 0, 0, 1}};
  auto const basis = basis_of(columns);
  EXPECT_THAT(basis.kept, ElementsAre(0u, 1u, 3u));
  auto const fit = coefficients(basis, {1, 3, 5, 7});
  EXPECT_NEAR(fit[0], 1.0, 1e-12);
  EXPECT_NEAR(fit[1], 2.0, 1e-12);
  EXPECT_NEAR(fit[2], 0.0, 1e-12);
  EXPECT_NEAR(coefficients(basis, columns[2])[1], 2.0, 1e-12);
}

// The line through (0, 1), (1, 2), (2, 2), (3, 4) by the textbook's formulas: 0.9 + 0.9 x.
TEST(LeastSquares, fits_what_no_line_goes_through) {
  auto const fit = coefficients(basis_of({{1, 1, 1, 1}, {0, 1, 2, 3}}), {1, 2, 2, 4});
  EXPECT_NEAR(fit[0], 0.9, 1e-12);
  EXPECT_NEAR(fit[1], 0.9, 1e-12);
}

TEST(Effects, two_techniques_that_get_in_each_others_way) {
  auto const plan = design_plan("ab", {"ab"});
  auto const found = effects(plan, trials_for(plan, 4, [](Round const& round, int) {
                               double const a = has(round, "a") ? std::log(1.5) : 0.0;
                               double const b = has(round, "b") ? std::log(1.2) : 0.0;
                               return a + b + (has(round, "a") && has(round, "b") ? std::log(0.9) : 0.0);
                             }));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].design, "full");
  EXPECT_THAT(found[0].factors, ElementsAre("a", "b"));
  EXPECT_THAT(found[0].rounds, ElementsAre("baseline", "a", "b", "ab"));
  ASSERT_THAT(found[0].metrics.at(0).effects, SizeIs(3));
  // Averages over the other factor: half of the interaction is in each.
  EXPECT_NEAR(effect(found[0], "a").ratio, 1.5 * std::sqrt(0.9), 1e-9);
  EXPECT_NEAR(effect(found[0], "b").ratio, 1.2 * std::sqrt(0.9), 1e-9);
  EXPECT_NEAR(effect(found[0], "a:b").ratio, 0.9, 1e-9);
  EXPECT_EQ(effect(found[0], "a:b").n, 4);
  ASSERT_THAT(found[0].metrics[0].combinations, SizeIs(1));
  auto const& both = found[0].metrics[0].combinations[0];
  EXPECT_NEAR(both.predicted, 1.8, 1e-9);
  EXPECT_NEAR(both.measured, 1.62, 1e-9);
  EXPECT_NEAR(both.ratio, 0.9, 1e-9);
  EXPECT_NEAR((*both.ci95)[0], 0.9, 1e-9);
  for (auto const& term : found[0].terms) EXPECT_THAT(term.aliases, IsEmpty());
}

// Scores: a costs a tenth of a point in each request, b the second request altogether, and both the third as well.
TEST(Effects, scores_add_up_by_request) {
  auto const plan = design_plan("ab", {"ab"});
  auto const trials = trials_for(plan, 2, [](Round const&, int) { return 0.0; });
  std::vector<ScoredAnswer> scored;
  for (std::size_t cell = 0; cell < plan.cells.size(); ++cell) {
    auto const& round = plan.experiment.rounds[plan.cells[cell].round];
    for (std::size_t request = 0; request < 6; ++request)
      for (int block = 0; block < 2; ++block) {
        double score = 0.9;
        if (has(round, "a")) score -= 0.1;
        if (has(round, "b") && request == 1) score -= 0.6;
        if (has(round, "a") && has(round, "b") && request == 2) score -= 0.3;
        scored.push_back({cell, request, block, 1, score});
      }
  }
  scored.push_back({1, 6, 0, 1, 1.0});    // answered by one round alone: in no figure
  auto const found = effects(plan, trials, scored);
  ASSERT_THAT(found, SizeIs(1));
  ASSERT_THAT(found[0].scores, SizeIs(1));
  auto const& score = found[0].scores[0];
  EXPECT_EQ(score.name, "task_score");
  ASSERT_THAT(score.effects, SizeIs(3));
  EXPECT_EQ(score.effects[0].term, "a");
  EXPECT_EQ(score.effects[0].n, 6);
  // By hand: with it minus without it, over both settings of the other; half of what both do is in each.
  EXPECT_NEAR(score.effects[0].difference, -0.1 - 0.3 / 6 / 2, 1e-12);
  EXPECT_NEAR(score.effects[1].difference, -0.6 / 6 - 0.3 / 6 / 2, 1e-12);
  EXPECT_NEAR(score.effects[2].difference, -0.3 / 6, 1e-12);
  ASSERT_THAT(score.combinations, SizeIs(1));
  EXPECT_EQ(score.combinations[0].round, "ab");
  EXPECT_NEAR(score.combinations[0].predicted, -0.1 - 0.6 / 6, 1e-12);
  EXPECT_NEAR(score.combinations[0].measured, -0.1 - 0.6 / 6 - 0.3 / 6, 1e-12);
  EXPECT_NEAR(score.combinations[0].difference, -0.3 / 6, 1e-12);
  ASSERT_TRUE(score.combinations[0].ci95);    // of six requests one differs: not enough to be sure
  EXPECT_GE((*score.combinations[0].ci95)[1], 0.0);
  EXPECT_LT((*score.combinations[0].ci95)[0], -0.05);
}

TEST(Effects, of_scores_that_never_differ_have_no_interval) {
  auto const plan = design_plan("ab", {"ab"});
  std::vector<ScoredAnswer> scored;
  for (std::size_t cell = 0; cell < plan.cells.size(); ++cell)
    for (std::size_t request = 0; request < 6; ++request) scored.push_back({cell, request, 0, 1, 0.0});
  auto const found = effects(plan, trials_for(plan, 2, [](Round const&, int) { return 0.0; }), scored);
  auto const& score = found.at(0).scores.at(0);
  EXPECT_EQ(score.combinations.at(0).difference, 0.0);
  EXPECT_FALSE(score.combinations[0].ci95);
  EXPECT_FALSE(score.effects[0].ci95);
}

// Yates's example in the textbooks has one replicate; two blocks give an interval: with logs 0.02 and 0.06 for one
// interaction, mean 0.04, standard error 0.02 and t(0.975, 1) = 12.706.
TEST(Effects, intervals_are_students_over_blocks) {
  auto const plan = design_plan("ab", {"ab"});
  auto const found = effects(plan, trials_for(plan, 2, [](Round const& round, int block) {
                               return round.name == "ab" ? (block == 0 ? 0.02 : 0.06) : 0.0;
                             }));
  auto const interaction = effect(found.at(0), "a:b");
  EXPECT_NEAR(std::log(interaction.ratio), 0.04, 1e-9);
  EXPECT_NEAR(std::log((*interaction.ci95)[1]), 0.04 + 12.7062 * 0.02, 1e-4);
}

TEST(Effects, a_block_with_a_failure_is_left_out) {
  auto const plan = design_plan("ab", {"ab"});
  auto trials = trials_for(plan, 3, [](Round const& round, int) { return has(round, "a") ? 0.5 : 0.0; });
  std::erase_if(trials, [](TrialResult const& t) { return t.planned.block == 1 && t.planned.cell == 2; });
  trials.push_back(bad_trial(2, 1, Status::failed, "died"));
  auto const found = effects(plan, trials);
  EXPECT_EQ(effect(found.at(0), "a").n, 2);
  EXPECT_NEAR(effect(found.at(0), "a").ratio, std::exp(0.5), 1e-9);
}

TEST(Effects, a_run_that_mostly_failed_is_none_of_the_design) {
  auto const plan = design_plan("ab", {"ab"});
  auto trials = trials_for(plan, 4, [](Round const&, int) { return 0.0; });
  std::erase_if(trials, [](TrialResult const& t) { return t.planned.cell == 2 && t.planned.block > 0; });
  auto const found = effects(plan, trials);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].rounds, ElementsAre("baseline", "a", "ab"));
  EXPECT_EQ(found[0].design, "part");
  EXPECT_THAT(found[0].metrics[0].combinations, IsEmpty());    // nothing to predict from
  EXPECT_EQ(found[0].terms.at(1).name, "b");
  EXPECT_THAT(found[0].terms[1].aliases, SizeIs(1));           // b is never seen without a
  EXPECT_EQ(found[0].terms[1].aliases[0].term, "a:b");
}

// The half of 2^4 with I = abcd, and the singles beside it: pairs are told apart, and what three do is in the factors.
TEST(Effects, of_a_fractional_design_say_their_aliases) {
  auto const plan = design_plan("abcd", {"ab", "ac", "ad", "bc", "bd", "cd", "abcd"});
  auto const found = effects(plan, trials_for(plan, 3, [](Round const& round, int) {
                               return (has(round, "a") ? 0.3 : 0.0) + (has(round, "a") && has(round, "c") ? -0.1 : 0.0);
                             }));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].design, "part");
  EXPECT_THAT(found[0].terms, SizeIs(10));
  EXPECT_NEAR(effect(found[0], "a:c").ratio, std::exp(-0.1), 1e-9);
  EXPECT_NEAR(effect(found[0], "b:d").ratio, 1.0, 1e-9);
  EXPECT_NEAR(effect(found[0], "d").ratio, 1.0, 1e-9);
  EXPECT_FALSE(found[0].terms[0].aliases.empty());
  EXPECT_THAT(found[0].metrics[0].combinations, SizeIs(7));
}

// The half fraction alone: ab cannot be told from cd.
TEST(Designs, a_regular_fraction_has_the_textbooks_aliases) {
  FactorialDesign design{.factors = {"a", "b", "c", "d"}, .runs = {}};
  for (unsigned bits = 0; bits < 16; ++bits)
    if (std::popcount(bits) % 2 == 0)
      design.runs.push_back(
          {.cell = bits, .with = {(bits & 1U) != 0, (bits & 2U) != 0, (bits & 4U) != 0, (bits & 8U) != 0}});
  auto const terms = terms_of(design);
  auto const aliases = [&](std::string const& name) {
    std::vector<std::string> list;
    for (auto const& alias : std::ranges::find(terms.terms, name, &TermSummary::name)->aliases) {
      EXPECT_NEAR(alias.weight, 1.0, 1e-9);
      list.push_back(alias.term);
    }
    return list;
  };
  ASSERT_THAT(terms.terms, SizeIs(7));
  EXPECT_THAT(aliases("a"), ElementsAre("b:c:d"));
  EXPECT_THAT(aliases("a:b"), ElementsAre("c:d"));
}

TEST(Designs, nothing_combined_is_no_design) {
  EXPECT_THAT(designs_of(design_plan("ab", {}), {true, true, true}), IsEmpty());
}

TEST(Designs, separate_combinations_are_separate_and_swept_rounds_are_none) {
  auto plan = design_plan("abcd", {"ab", "cd"});
  auto swept = plan.experiment.rounds[5];    // ab
  swept.name = "ab[x=2]";
  swept.flags["x"] = "2";
  plan.experiment.rounds.push_back(swept);
  Cell cell;
  cell.round = plan.experiment.rounds.size() - 1;
  plan.cells.push_back(cell);
  auto const designs = designs_of(plan, std::vector<bool>(plan.cells.size(), true));
  ASSERT_THAT(designs, SizeIs(2));
  EXPECT_THAT(designs[0].factors, ElementsAre("a", "b"));
  EXPECT_THAT(designs[1].factors, ElementsAre("c", "d"));
  EXPECT_THAT(designs[0].runs, SizeIs(4));
}

}  // namespace
}  // namespace edgelab::stats
