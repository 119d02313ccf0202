// Rounds that combine and sweep make.
#include <gmock/gmock.h>

#include <cmath>

#include "spec/designs.hpp"
#include "spec/samples.hpp"

namespace edgelab::spec {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> names(Experiment const& experiment) {
  std::vector<std::string> result;
  for (auto const& round : experiment.rounds) result.push_back(round.name);
  return result;
}

Sample four_rounds() {
  return Sample{}
      .line(6, "  - {name: a, flags: {flash-attn: on}}")
      .line(7, "  - {name: b, flags: {prompt-lookup: on}}")
      .add("  - {name: c, flags: {cache-prompt: on}}")
      .add("  - {name: d, flags: {ctk: q8_0}}");
}

TEST(Designs, OfFour) {
  using Subsets = std::vector<std::vector<std::size_t>>;
  EXPECT_THAT(subsets(Design::full, 4), SizeIs(11));
  EXPECT_EQ(subsets(Design::pairs, 4), (Subsets{{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}}));
  EXPECT_EQ(subsets(Design::one_at_a_time, 4), (Subsets{{0, 1, 2}, {0, 1, 3}, {0, 2, 3}, {1, 2, 3}, {0, 1, 2, 3}}));
  EXPECT_EQ(subsets(Design::fractional, 4), (Subsets{{0, 1}, {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 3}, {0, 1, 2, 3}}));
}

TEST(Designs, SizeIsWhatIsMade) {
  for (auto const design : {Design::full, Design::pairs, Design::one_at_a_time, Design::fractional}) {
    for (std::size_t n = 2; n <= 12; ++n) {
      EXPECT_EQ(static_cast<double>(subsets(design, n).size()), design_size(design, n)) << n;
    }
  }
}

// The half fraction, with the single rounds and the baseline, estimates main effects: each factor is on in half of
// the runs, and any two are on together in a quarter (n above 2).
TEST(Designs, FractionIsBalanced) {
  for (std::size_t n = 3; n <= 8; ++n) {
    double const runs = std::pow(2.0, static_cast<double>(n) - 1.0);
    auto all = subsets(Design::fractional, n);
    if (n % 2 == 1) {
      for (std::size_t i = 0; i < n; ++i) all.push_back({i});
    } else {
      all.emplace_back();
    }
    ASSERT_EQ(static_cast<double>(all.size()), runs);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = i; j < n; ++j) {
        auto const both = std::ranges::count_if(all, [&](auto const& s) { return std::ranges::contains(s, i) && std::ranges::contains(s, j); });
        EXPECT_EQ(static_cast<double>(both), i == j ? runs / 2 : runs / 4) << n;
      }
    }
  }
}

TEST(Combine, NamesFlagsAndParts) {
  auto const experiment = must_parse(four_rounds().add("combine: [{of: [d, b]}]").text());
  EXPECT_THAT(names(experiment), ElementsAre("baseline", "a", "b", "c", "d", "d+b"));
  auto const& round = experiment.rounds.back();
  EXPECT_EQ(round.category, "hybrid");
  EXPECT_THAT(round.flags, ElementsAre(std::pair{"cache-type-k", "q8_0"}, std::pair{"prompt-lookup", "on"}));
  EXPECT_THAT(round.parts, ElementsAre("d", "b"));
  EXPECT_THAT(round.versus, ElementsAre("d", "b"));
  EXPECT_EQ(round.origin.line, 10);
}

TEST(Combine, DesignsNamesAndOverlaps) {
  EXPECT_THAT(names(must_parse(four_rounds().add("combine: [{of: [a, b, c], design: full}]").text())),
              ElementsAre("baseline", "a", "b", "c", "d", "a+b", "a+c", "b+c", "a+b+c"));
  EXPECT_THAT(names(must_parse(four_rounds().add("combine: [{of: [a, b, c], design: one-at-a-time}]").text())),
              ElementsAre("baseline", "a", "b", "c", "d", "a+b", "a+c", "b+c", "a+b+c"));
  EXPECT_THAT(names(must_parse(four_rounds().add("combine: [{of: [a, b, c], design: fractional}]").text())),
              ElementsAre("baseline", "a", "b", "c", "d", "a+b+c"));
  EXPECT_THAT(names(must_parse(four_rounds().add("combine: [{of: [a, b]}, {of: [b, a, c], design: pairs}]").text())),
              ElementsAre("baseline", "a", "b", "c", "d", "a+b", "b+c", "a+c"));
  auto const named = must_parse(four_rounds().add("combine: [{of: [a, b], name: ab, category: caching}, {of: [ab, c]}]").text());
  EXPECT_THAT(names(named), ElementsAre("baseline", "a", "b", "c", "d", "ab", "ab+c"));
  EXPECT_EQ(named.rounds[5].category, "caching");
  EXPECT_THAT(named.rounds[6].parts, ElementsAre("a", "b", "c"));
  EXPECT_THAT(named.rounds[6].versus, ElementsAre("ab", "c"));
}

// Both parts are fine alone; together they are refused, which is the plan's business and no mistake in the file.
TEST(Combine, RefusedCombinationsAreKept) {
  auto const experiment = must_parse(Sample{}
                                         .line(6, "  - {name: v, flags: {ctv: q8_0, fa: auto}}")
                                         .line(7, "  - {name: big, flags: {ub: 1024}}")
                                         .add("  - {name: small, flags: {b: 512}}")
                                         .add("combine: [{of: [big, small]}]")
                                         .text());
  EXPECT_THAT(names(experiment), Contains("big+small"));
}

TEST(Sweep, NamesValuesAndVersus) {
  auto const experiment = must_parse(four_rounds().add("combine: [{of: [a, b]}]").add("sweep: [{round: a+b, flag: --ctk, values: [q4_0, F16]}, "
                                                                                      "{round: baseline, flag: flash-attn, values: [on]}]").text());
  EXPECT_THAT(names(experiment), ElementsAre("baseline", "a", "b", "c", "d", "a+b", "a+b[cache-type-k=q4_0]", "a+b[cache-type-k=f16]",
                                             "baseline[flash-attn=on]"));
  EXPECT_EQ(experiment.rounds[6].flags.at("cache-type-k"), "q4_0");
  EXPECT_EQ(experiment.rounds[6].flags.at("prompt-lookup"), "on");
  EXPECT_THAT(experiment.rounds[6].versus, ElementsAre("a+b"));
  EXPECT_EQ(experiment.rounds[6].category, "hybrid");
  EXPECT_EQ(experiment.rounds[8].category, "custom");
  EXPECT_THAT(experiment.rounds[8].versus, IsEmpty());
}

TEST(Versus, MayNameGeneratedRounds) {
  auto const experiment = must_parse(four_rounds().line(6, "  - {name: a, flags: {flash-attn: on}, versus: [b+c, 'b[draft-max=4]']}")
                                         .add("combine: [{of: [b, c]}]").add("sweep: [{round: b, flag: draft-max, values: [4]}]").text());
  EXPECT_THAT(experiment.rounds[1].versus, ElementsAre("b+c", "b[draft-max=4]"));
}

}  // namespace
}  // namespace edgelab::spec
