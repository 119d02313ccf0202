#include "stats/kld.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "stats/inference.hpp"

namespace edgelab::stats {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Plan plan_of_two() {
  Plan plan;
  auto& experiment = plan.experiment;
  experiment.models.resize(1);
  experiment.models[0].id = "demo";
  experiment.executors.resize(1);
  experiment.executors[0].id = "llama";
  experiment.workloads.resize(1);
  experiment.workloads[0].id = "w";
  for (auto const* name : {"baseline", "q4"}) {
    Round round;
    round.name = name;
    experiment.rounds.push_back(round);
    Cell cell;
    cell.id = std::string("demo/llama/w/") + name;
    cell.round = plan.cells.size();
    plan.cells.push_back(cell);
  }
  return plan;
}

std::vector<std::optional<std::size_t>> const references{0, 0};

ReadText text_of(std::vector<double> kld, double logprob = -2.0, double reference = -1.0) {
  ReadText text;
  text.cell = 1;
  text.shape = "prefill";
  text.logprobs.assign(kld.size(), logprob);
  text.reference_logprobs.assign(kld.size(), reference);
  text.agree.assign(kld.size(), 1);
  text.kld = std::move(kld);
  return text;
}

TEST(Divergences, are_means_over_tokens_and_not_over_texts) {
  auto one = text_of({0.1, 0.2, 0.3});
  auto other = text_of({0.6}, -3.0, -3.0);
  other.agree[0] = 0;
  auto const found = divergences(plan_of_two(), std::vector{one, other}, references);
  ASSERT_THAT(found, SizeIs(1));
  auto const& row = found[0];
  EXPECT_EQ(row.cell, "demo/llama/w/q4");
  EXPECT_EQ(row.round, "q4");
  EXPECT_EQ(row.reference, "baseline");
  EXPECT_EQ(row.source, "w");
  EXPECT_EQ(row.texts, 2);
  EXPECT_EQ(row.tokens, 4);
  EXPECT_NEAR(row.kld_mean, 0.3, 1e-12);
  EXPECT_NEAR(row.kld_p99, 0.6, 1e-12);
  EXPECT_NEAR(row.top1_agreement, 0.75, 1e-12);
  EXPECT_NEAR(row.ppl, std::exp(9.0 / 4.0), 1e-12);
  EXPECT_NEAR(row.reference_ppl, std::exp(6.0 / 4.0), 1e-12);
  EXPECT_NEAR(row.ppl_ratio, std::exp(3.0 / 4.0), 1e-12);
  EXPECT_FALSE(row.kld_mean_ci95);    // of two texts there is none
}

TEST(Divergences, p99_is_the_nearest_rank) {
  std::vector<double> values;
  for (int i = 200; i >= 1; --i) values.push_back(i);
  EXPECT_EQ(p99(values), 198.0);
  EXPECT_EQ(p99({3.0}), 3.0);
}

TEST(Divergences, are_told_by_depth) {
  std::vector<double> kld(300, 0.5);
  for (std::size_t i = 0; i < 63; ++i) kld[i] = 0.1;    // places 1 to 63
  auto const found = divergences(plan_of_two(), std::vector{text_of(kld)}, references);
  auto const& depths = found.at(0).depths;
  ASSERT_THAT(depths, ElementsAre(Field(&DepthSummary::below, 64), Field(&DepthSummary::below, 128),
                                  Field(&DepthSummary::below, 256), Field(&DepthSummary::below, 512)));
  EXPECT_EQ(depths[0].from, 0);
  EXPECT_EQ(depths[1].from, 64);
  EXPECT_EQ(depths[0].tokens, 63);
  EXPECT_EQ(depths[1].tokens, 64);
  EXPECT_EQ(depths[3].tokens, 300 - 255);
  EXPECT_NEAR(depths[0].kld_mean, 0.1, 1e-12);
  EXPECT_NEAR(depths[1].kld_mean, 0.5, 1e-12);
}

TEST(Divergences, shapes_are_rows_of_their_own_and_failures_are_told) {
  auto decode = text_of({0.25});
  decode.shape = "decode";
  ReadText failed;
  failed.cell = 1;
  failed.shape = "prefill";
  failed.status = Status::failed;
  failed.reason = "too long";
  auto found = divergences(plan_of_two(), std::vector{text_of({0.5}), failed, decode}, references);
  ASSERT_THAT(found, ElementsAre(Field(&KldSummary::shape, "prefill"), Field(&KldSummary::shape, "decode")));
  EXPECT_EQ(found[0].status, "ok");
  EXPECT_EQ(found[0].failed, 1);
  EXPECT_EQ(found[0].reason, "too long");
  found = divergences(plan_of_two(), std::vector{failed}, references);
  EXPECT_EQ(found.at(0).status, "failed");
  EXPECT_EQ(found.at(0).tokens, 0);
  EXPECT_THAT(divergences(plan_of_two(), {}, references), IsEmpty());
}

// Texts differ, their tokens hang together: an interval over tokens would hold the truth far too seldom.
TEST(Divergences, intervals_over_texts_hold_the_truth) {
  constexpr int experiments = 200;
  constexpr double truth = 0.2;
  int held = 0;
  int held_p99 = 0;
  std::mt19937_64 random(3);
  std::exponential_distribution<double> text_mean(1.0 / truth);
  for (int i = 0; i < experiments; ++i) {
    std::vector<ReadText> texts;
    for (int text = 0; text < 30; ++text) {
      double const mean = text_mean(random);
      std::exponential_distribution<double> token(1.0 / mean);
      std::vector<double> kld;
      for (int t = 0; t < 20; ++t) kld.push_back(token(random));
      texts.push_back(text_of(std::move(kld)));
    }
    auto const row = divergences(plan_of_two(), texts, references).at(0);
    auto const& ci = *row.kld_mean_ci95;
    held += ci[0] <= truth && truth <= ci[1] ? 1 : 0;
    auto const& tail = *row.kld_p99_ci95;
    held_p99 += tail[0] <= row.kld_p99 && row.kld_p99 <= tail[1] ? 1 : 0;
  }
  EXPECT_GE(held, experiments * 88 / 100);    // skewed as this is, 95 in 100 are not to be had
  EXPECT_LE(held, experiments * 99 / 100);
  EXPECT_GE(held_p99, experiments * 95 / 100);
}

TEST(Divergences, of_the_same_everywhere_have_an_interval_of_no_width) {
  std::vector<ReadText> texts(6, text_of({0.0, 0.0}, -1.0, -1.0));
  auto const row = divergences(plan_of_two(), texts, references).at(0);
  EXPECT_EQ(row.kld_mean, 0.0);
  EXPECT_EQ(*row.kld_mean_ci95, (Bounds{0.0, 0.0}));
  EXPECT_EQ(*row.ppl_ratio_ci95, (Bounds{1.0, 1.0}));
}

}  // namespace
}  // namespace edgelab::stats
