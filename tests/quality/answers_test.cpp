#include "quality/answers.hpp"
#include "quality/scorers.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "quality/samples.hpp"

namespace edgelab::quality {
namespace {

using testing::answered;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::plan_with;
using ::testing::SizeIs;

TEST(AnswerBook, tells_requests_apart_and_counts_what_repeats) {
  auto const plan = plan_with({"baseline"}, 2);
  AnswerBook book(plan);
  auto const trial =
      answered(0, 3, {{"q1", "ab", {7, 8}}, {"q0", "c", {9}}, {"q1", "ab", {7, 8}}, {"q1", "ax", {7, 5}}});
  book.add(trial, trial.timeline);
  ASSERT_THAT(book.answers(), SizeIs(3));
  EXPECT_EQ(book.answers()[0].request, 1u);
  EXPECT_EQ(book.answers()[0].block, 3);
  EXPECT_EQ(book.answers()[0].count, 2);
  EXPECT_EQ(book.answers()[0].text, "ab");
  EXPECT_THAT(book.answers()[0].tokens, ElementsAre(7, 8));
  EXPECT_THAT(book.answers()[1].tokens, ElementsAre(9));
  EXPECT_THAT(book.answers()[2].tokens, ElementsAre(7, 5));
}

TEST(AnswerBook, token_ids_may_be_missing) {
  auto const plan = plan_with({"baseline"}, 1);
  AnswerBook book(plan);
  auto const trial = answered(0, 0, {{"q0", "text"}});
  book.add(trial, trial.timeline);
  ASSERT_THAT(book.answers(), SizeIs(1));
  EXPECT_THAT(book.answers()[0].tokens, IsEmpty());
}

TEST(AnswerBook, only_good_timed_trials_count) {
  auto const plan = plan_with({"baseline"}, 1);
  AnswerBook book(plan);
  for (auto const kind : {TrialKind::warmup, TrialKind::memory}) {
    auto trial = answered(0, 0, {{"q0", "text"}});
    trial.planned.kind = kind;
    book.add(trial, trial.timeline);
  }
  auto trial = answered(0, 0, {{"q0", "text"}});
  trial.status = Status::failed;
  book.add(trial, trial.timeline);
  trial = answered(9, 0, {{"q0", "text"}});
  book.add(trial, trial.timeline);
  trial = answered(0, 0, {{"stranger", "text"}});
  book.add(trial, trial.timeline);
  EXPECT_THAT(book.answers(), IsEmpty());
}

TEST(Score, by_the_workloads_scorer_where_something_is_expected) {
  auto plan = plan_with({"baseline"}, 3);
  auto& workload = plan.experiment.workloads[0];
  workload.scorer = "rouge-l";
  workload.requests[0].expected = "a b c d";
  workload.requests[1].expected = "x";
  std::vector<Answer> const answers{{0, 0, 0, 2, "a b", {}}, {0, 1, 1, 1, "x", {}}, {0, 2, 0, 1, "y", {}}};
  auto const scored = score(plan, answers);
  ASSERT_THAT(scored, SizeIs(2));
  EXPECT_DOUBLE_EQ(scored[0].score, 2.0 / 3.0);
  EXPECT_EQ(scored[0].count, 2);
  EXPECT_EQ(scored[1].score, 1.0);
  EXPECT_EQ(scored[1].block, 1);
}

// Worked by hand: per token of text, the second choice is the better one; in sum the first.
TEST(Choices, are_decided_by_likelihood) {
  std::vector<std::string> const choices{" no", " certainly"};
  std::vector<double> const logprobs{-2.0, -5.0};    // -0.67 and -0.5 a byte
  EXPECT_EQ(acc(logprobs, choices), 0u);
  EXPECT_EQ(acc_norm(logprobs, choices), 1u);
  EXPECT_EQ(acc(std::vector{-1.0, -1.0}, choices), 0u);    // the first of equals
}

TEST(Choices, become_scores_of_requests_with_a_right_one) {
  auto plan = plan_with({"baseline", "q8"}, 3);
  auto& workload = plan.experiment.workloads[0];
  workload.scorer = "acc";
  for (auto& request : workload.requests) request.choices = {" no", " certainly"};
  workload.requests[0].expected = " no";
  workload.requests[1].expected = " certainly";
  std::vector<ChoiceLikelihoods> const found{{0, 0, {-2.0, -5.0}}, {0, 1, {-2.0, -5.0}}, {0, 2, {-2.0, -5.0}},
                                             {1, 1, {-3.0, -2.0}}, {1, 0, {-1.0}},       {7, 0, {}}};
  auto const by_sum = score_choices(plan, found);
  ASSERT_THAT(by_sum, SizeIs(3));    // the third request has no right one, one row is short, one of no cell
  EXPECT_EQ(by_sum[0].score, 1.0);
  EXPECT_EQ(by_sum[1].score, 0.0);
  EXPECT_EQ(by_sum[2].cell, 1u);
  EXPECT_EQ(by_sum[2].score, 1.0);
  workload.scorer = "acc_norm";
  EXPECT_EQ(score_choices(plan, found)[0].score, 0.0);
  EXPECT_EQ(score_choices(plan, found)[1].score, 1.0);
  // What was written is not scored then, and where writing is scored the likelihoods are not.
  EXPECT_THAT(score(plan, {{0, 0, 0, 1, " no", {}}}), IsEmpty());
  workload.scorer = "exact";
  EXPECT_THAT(score_choices(plan, found), IsEmpty());
}

TEST(FirstUnusable, wants_choices_where_they_decide) {
  auto plan = plan_with({"baseline"}, 2);
  auto& workload = plan.experiment.workloads[0];
  workload.scorer = "acc";
  EXPECT_EQ(first_unusable(workload).value().why, "neither it nor any other request has 'choices'");
  workload.requests[1].choices = {"a", "b"};
  EXPECT_FALSE(first_unusable(workload));
  workload.requests[0].expected = "a";
  EXPECT_EQ(first_unusable(workload).value().request, "q0");
  EXPECT_EQ(first_unusable(workload).value().why, "it has no 'choices' to take it from");
}

TEST(FirstUnusable, names_the_request_and_the_reason) {
  auto plan = plan_with({"baseline"}, 2);
  auto& workload = plan.experiment.workloads[0];
  workload.scorer = "regex";
  workload.requests[0].expected = "^a";
  EXPECT_FALSE(first_unusable(workload));
  workload.requests[1].expected = "(";
  auto const unusable = first_unusable(workload);
  ASSERT_TRUE(unusable);
  EXPECT_EQ(unusable->request, "q1");
  EXPECT_TRUE(unusable->why.contains("no regular expression"));
}

TEST(ReferenceOf, is_the_baseline_unless_another_round_is_named) {
  auto plan = plan_with({"baseline", "f16", "q8"}, 1);
  EXPECT_EQ(reference_of(plan, 2), 0u);
  plan.experiment.quality.reference = "f16";
  EXPECT_EQ(reference_of(plan, 2), 1u);
  EXPECT_EQ(reference_of(plan, 1), 1u);
  plan.cells[2].workload = 1;    // where the reference does not run
  EXPECT_EQ(reference_of(plan, 2), std::nullopt);
}

}  // namespace
}  // namespace edgelab::quality
