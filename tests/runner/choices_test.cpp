// What is asked of multiple choice when the trials are over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "course/messages.hpp"
#include "course/record.hpp"
#include "course/verdict.hpp"
#include "runner/outputs.hpp"
#include "runner/runner_fixture.hpp"

namespace edgelab::runner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Two requests of two choices: " no" is likelier by the token, the prompt is three tokens.
Plan choosing() {
  auto plan = plan_of({round_of("baseline"), round_of("fa", {{"flash-attn", "on"}})}, 1);
  auto& workload = plan.experiment.workloads[0];
  workload.scorer = "acc";
  for (auto& request : workload.requests) request.choices = {" yes", " no"};
  workload.requests[0].expected = " no";
  workload.requests[1].expected = " yes";
  return plan;
}

protocol::Scored scored_for(protocol::Score const& score) {
  protocol::Scored scored;
  scored.tokens = {1, 2, 3};
  if (score.text.empty()) return scored;
  scored.tokens.append_range(std::vector{4, 5});
  scored.logprobs = score.text == " no" ? std::vector{-0.5, -0.25} : std::vector{-2.0, -1.0};
  return scored;
}

TEST_F(RunnerTest, ChoicesAreAskedOnceACellWhenTheTrialsAreOver) {
  auto const plan = choosing();
  auto store = new_store(plan);
  script.on_score = [&](protocol::Score const& score) {
    EXPECT_EQ(script.runs.size(), 6U);    // all there are
    return scored_for(score);
  };
  EXPECT_EQ(run_all(config_of(plan), store).stopped_because, "1 block");
  ASSERT_THAT(script.scores, SizeIs(2 * 2 * 3));
  EXPECT_EQ(script.scores[0].request->prompt, "prompt a");
  EXPECT_EQ(script.scores[0].text, "");
  EXPECT_EQ(script.scores[1].text, " yes");
  EXPECT_EQ(script.scores[1].skip, 3);
  EXPECT_EQ(script.scores.back().flags.at("flash-attn"), "on");
  auto const passes = store.passes().value();
  ASSERT_THAT(passes, SizeIs(2));
  EXPECT_EQ(passes[0].result, R"([{"request":0,"logprobs":[-3.0,-0.75]},{"request":1,"logprobs":[-3.0,-0.75]}])");
  auto const summary = summary_of(plan, store).value();
  ASSERT_THAT(summary.quality, SizeIs(2));
  EXPECT_EQ(summary.quality[0].scorer, "acc");
  EXPECT_EQ(summary.quality[0].score, 0.5);
  EXPECT_THAT(summary.unscored, SizeIs(0));

  run_all(config_of(plan), store);    // as by --resume
  EXPECT_THAT(script.scores, SizeIs(2 * 2 * 3));
}

TEST_F(RunnerTest, ChoicesThatCannotBeAskedCostNoTrial) {
  auto const plan = choosing();
  auto store = new_store(plan);
  int asked = 0;
  script.on_score = [&](protocol::Score const& score) -> executor::Outcome<protocol::Scored> {
    if (asked++ == 0) return testing::trouble(Status::failed, "it died", true);
    return scored_for(score);
  };
  run_all(config_of(plan), store);
  auto summary = summary_of(plan, store).value();
  ASSERT_THAT(summary.quality, SizeIs(1));
  ASSERT_THAT(summary.unscored, SizeIs(1));
  EXPECT_EQ(summary.unscored[0].cell, "m/x/w/baseline");
  EXPECT_EQ(summary.unscored[0].reason, "request 'a': it died");
  EXPECT_THAT(listener.notices, ElementsAre("choices of m/x/w/baseline are not scored: request 'a': it died"));
  EXPECT_EQ(summary.cells[0].status, "ok");

  run_all(config_of(plan), store);    // what failed is asked again
  summary = summary_of(plan, store).value();
  EXPECT_THAT(summary.quality, SizeIs(2));
  EXPECT_THAT(summary.unscored, SizeIs(0));
}

// From before score had a request: it reads the text alone, and a choice without its prompt would be scored.
TEST_F(RunnerTest, AnExecutorThatDoesNotReadThePromptIsFoundOut) {
  auto plan = choosing();
  for (auto& request : plan.experiment.workloads[0].requests) request.prompt = "a prompt that is several tokens long";
  auto store = new_store(plan);
  script.on_score = [](protocol::Score const&) {
    protocol::Scored scored;
    scored.tokens = {1};
    return scored;
  };
  run_all(config_of(plan), store);
  auto const summary = summary_of(plan, store).value();
  ASSERT_THAT(summary.unscored, SizeIs(2));
  EXPECT_EQ(summary.unscored[0].status, "unsupported");
  EXPECT_THAT(summary.unscored[0].reason, HasSubstr("does not seem to know 'request' in score"));
}

TEST_F(RunnerTest, StoppedWhileChoicesAreAsked) {
  auto const plan = choosing();
  auto store = new_store(plan);
  script.on_score = [&](protocol::Score const& score) {
    stop.request_stop();
    return scored_for(score);
  };
  EXPECT_EQ(run_all(config_of(plan), store).ended, Ended::interrupted);
  EXPECT_THAT(store.passes().value(), SizeIs(0));
}

}  // namespace
}  // namespace edgelab::runner
