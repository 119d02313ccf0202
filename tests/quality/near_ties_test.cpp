#include "quality/near_ties.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "quality/samples.hpp"

namespace edgelab::quality {
namespace {

using testing::plan_with;
using ::testing::SizeIs;

std::optional<Effect> rounding(std::string const&) { return Effect::rounding; }

// A baseline that answers 1 2 3 4 to each request, and a round whose answers are given.
struct Sample {
  Plan plan = plan_with({"baseline", "fa"}, 20);
  std::vector<Answer> answers;
  std::vector<JudgedAnswer> judged;

  Sample() {
    for (std::size_t request = 0; request < 20; ++request) {
      answers.push_back({0, request, 0, 1, "abcd", {1, 2, 3, 4}, true});
      answers.push_back({1, request, 0, 1, "abcd", {1, 2, 3, 4}, true});
    }
  }
  Answer& own(std::size_t request) { return answers[2 * request + 1]; }

  // That request is answered otherwise, and the reference's likeliest token leads so at each place and at the end.
  void parts(std::size_t request, std::vector<std::int32_t> tokens, std::vector<double> leads,
             std::optional<double> noise) {
    own(request).tokens = std::move(tokens);
    own(request).text = "other";
    judged.push_back({.cell = 1,
                      .request = "q" + std::to_string(request),
                      .answer = key_of(own(request)),
                      .status = Status::ok,
                      .reason = {},
                      .leads = std::move(leads),
                      .noise = noise});
  }
  [[nodiscard]] EquivalenceSummary judge() const {
    auto rows = equivalence(plan, answers, rounding);
    EXPECT_THAT(rows, SizeIs(1));
    auto const found = divergent(plan, answers, rounding);
    quality::judge(rows[0], plan, found, judged);
    return rows[0];
  }
};

TEST(NearTies, a_token_within_twice_the_noise) {
  Sample sample;
  sample.parts(3, {1, 2, 9, 4}, {0.0, 0.0, 0.015, 0.0, 0.0}, 0.01);
  auto const row = sample.judge();
  ASSERT_THAT(row.divergences, SizeIs(1));
  auto const& divergence = row.divergences[0];
  EXPECT_EQ(divergence.request, "q3");
  EXPECT_EQ(divergence.token, 2);
  EXPECT_EQ(divergence.margin, 0.015);
  EXPECT_EQ(divergence.verdict, "near-tie");
  EXPECT_EQ(row.bound, 0.02);
  EXPECT_EQ(row.near_ties, 1);
  EXPECT_EQ(row.verdict, "near-ties");
}

TEST(NearTies, a_token_beyond_it_is_real) {
  Sample sample;
  sample.parts(3, {1, 2, 9, 4}, {0.0, 0.0, 0.025, 0.0, 0.0}, 0.01);
  auto const row = sample.judge();
  EXPECT_EQ(row.divergences.at(0).verdict, "real");
  EXPECT_EQ(row.divergences[0].defect, 2);
  EXPECT_EQ(row.real, 1);
  EXPECT_EQ(row.verdict, "real");
}

// One tie does not hide a defect behind it, nor does an end that comes too early.
TEST(NearTies, what_follows_a_tie_is_judged_too) {
  Sample sample;
  sample.parts(3, {1, 2, 9, 4}, {0.0, 0.0, 0.015, 1.5, 0.0}, 0.01);
  sample.parts(4, {1, 2, 9, 4}, {0.0, 0.0, 0.015, 0.0, 0.7}, 0.01);
  auto const row = sample.judge();
  EXPECT_EQ(row.divergences.at(0).verdict, "real");
  EXPECT_EQ(row.divergences[0].margin, 0.015);
  EXPECT_EQ(row.divergences[0].defect, 3);
  EXPECT_EQ(row.divergences[0].defect_margin, 1.5);
  EXPECT_EQ(row.divergences.at(1).defect, 4);
}

TEST(NearTies, an_answer_that_ended_early_parts_at_its_end) {
  Sample sample;
  sample.parts(0, {1, 2}, {0.0, 0.0, 0.005}, 0.01);
  auto const row = sample.judge();
  EXPECT_EQ(row.divergences.at(0).token, 2);
  EXPECT_EQ(row.divergences[0].margin, 0.005);
  EXPECT_EQ(row.divergences[0].verdict, "near-tie");
}

TEST(NearTies, no_noise_leaves_no_room) {
  Sample sample;
  sample.parts(3, {1, 2, 9, 4}, {0.0, 0.0, 0.0001, 0.0, 0.0}, 0.0);
  EXPECT_EQ(sample.judge().verdict, "real");
  sample.judged[0].leads[2] = 0.0;    // as likely as another, to the last bit
  EXPECT_EQ(sample.judge().verdict, "near-ties");
}

TEST(NearTies, the_bound_is_of_the_noisiest_answer_and_has_a_limit) {
  Sample sample;
  sample.parts(3, {1, 2, 9, 4}, {0.0, 0.0, 0.05, 0.0, 0.0}, 0.01);
  sample.parts(4, {1, 2, 9, 4}, {0.0, 0.0, 0.05, 0.0, 0.0}, 0.03);
  EXPECT_EQ(sample.judge().bound, 0.06);
  EXPECT_EQ(sample.judge().near_ties, 2);
  sample.judged[0].noise = 4.0;
  sample.judged[0].leads[2] = 0.51;
  auto const row = sample.judge();
  EXPECT_EQ(row.bound, largest_bound);
  EXPECT_EQ(row.real, 1);
}

TEST(NearTies, too_many_are_suspicious) {
  Sample sample;
  for (std::size_t request = 0; request < 2; ++request) sample.parts(request, {9}, {0.0, 0.0}, 0.01);
  EXPECT_EQ(sample.judge().verdict, "near-ties");    // 2 of 20
  sample.parts(2, {9}, {0.0, 0.0}, std::nullopt);
  EXPECT_EQ(sample.judge().verdict, "suspicious");
}

// What strikes in one block of ten is not the usual answer, and counts.
TEST(NearTies, each_way_of_answering_is_judged) {
  Sample sample;
  auto const again = [&](std::vector<std::int32_t> tokens, std::vector<double> leads) {
    Answer const way{1, 3, 1, 1, "seldom", std::move(tokens), true};
    sample.answers.push_back(way);
    if (!leads.empty()) sample.judged.push_back({1, "q3", key_of(way), Status::ok, {}, std::move(leads), std::nullopt});
  };
  sample.parts(3, {1, 2, 9, 4}, {0.0, 0.0, 0.005, 0.0, 0.0}, 0.01);
  again({1, 8, 3, 4}, {0.0, 0.015, 0.0, 0.0, 0.0});
  auto row = sample.judge();
  ASSERT_THAT(row.divergences, SizeIs(1));
  EXPECT_EQ(row.divergences[0].verdict, "near-tie");
  EXPECT_EQ(row.divergences[0].margin, 0.015);
  EXPECT_EQ(row.near_ties, 1);
  again({7, 2, 3, 4}, {});
  EXPECT_EQ(sample.judge().divergences.at(0).verdict, "differs");    // one was not judged
  again({1, 2, 3, 5}, {0.0, 0.0, 0.0, 2.0, 0.0});
  row = sample.judge();
  EXPECT_EQ(row.divergences.at(0).verdict, "real");
  EXPECT_EQ(row.divergences[0].defect, 3);
  EXPECT_EQ(row.divergences[0].margin, 2.0);
  EXPECT_EQ(row.real, 1);
  EXPECT_EQ(row.near_ties, 0);
}

// The reference itself is not of one mind: what it gave once is no difference.
TEST(NearTies, what_the_reference_gave_once_is_not_judged) {
  Sample sample;
  sample.answers.push_back({0, 3, 1, 1, "other", {1, 2, 9, 4}, true});
  sample.own(3).tokens = {1, 2, 9, 4};
  sample.own(3).text = "other";
  EXPECT_THAT(divergent(sample.plan, sample.answers, rounding), SizeIs(0));
  EXPECT_EQ(sample.judge().verdict, "identical");
}

TEST(NearTies, what_was_not_judged_stays_open) {
  Sample sample;
  sample.parts(3, {1, 2, 9, 4}, {0.0, 0.0, 0.015, 0.0, 0.0}, 0.01);
  sample.own(5).tokens = {7};
  auto row = sample.judge();
  EXPECT_EQ(row.verdict, "differs");
  EXPECT_EQ(row.divergences.at(1).verdict, "differs");
  // A judgement of another answer to the same request says nothing of this one.
  sample.own(3).tokens = {8};
  row = sample.judge();
  EXPECT_EQ(row.divergences.at(0).verdict, "differs");
}

TEST(NearTies, an_executor_that_cannot_score_says_why) {
  Sample sample;
  sample.own(5).tokens = {7};
  sample.judged.push_back({.cell = 1,
                           .request = {},
                           .answer = 0,
                           .status = Status::unsupported,
                           .reason = "no logits",
                           .leads = {},
                           .noise = {}});
  auto const row = sample.judge();
  EXPECT_EQ(row.verdict, "differs");
  EXPECT_EQ(row.reason, "no logits");
  EXPECT_FALSE(row.bound);
}

TEST(NearTies, keys_tell_answers_apart) {
  Answer const a{0, 0, 0, 1, "", {1, 2}, false};
  Answer const ended{0, 0, 0, 1, "", {1, 2}, true};
  Answer const b{0, 0, 0, 1, "", {2, 1}, false};
  EXPECT_EQ(key_of(a), key_of(a));
  EXPECT_NE(key_of(a), key_of(b));
  EXPECT_NE(key_of(a), key_of(ended));
}

}  // namespace
}  // namespace edgelab::quality
