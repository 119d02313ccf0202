#include "quality/answers.hpp"

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
