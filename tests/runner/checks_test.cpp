// What is found out after the timed blocks, over executors without processes and a real store.
#include "runner/checks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "course/reading.hpp"
#include "runner/check_json.hpp"
#include "runner/fakes.hpp"
#include "runner/outputs.hpp"
#include "runner/plan_json.hpp"
#include "runner/texts.hpp"

namespace edgelab::runner {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::plan_of;
using testing::round_of;
using ::testing::SizeIs;

constexpr std::int32_t text_tokens = 40;

// Each text has 40 tokens, each 0.25 nats away.
executor::Outcome<protocol::Scored> good_score(protocol::Score const& score) {
  protocol::Scored scored;
  scored.tokens.assign(static_cast<std::size_t>(text_tokens), 7);
  auto const count = static_cast<std::size_t>(text_tokens - std::max(score.skip, 1));
  if (score.leads) {
    scored.leads.assign(score.tokens.size() + (score.ended ? 1 : 0), 0.0);
    if (score.noise) scored.noise = 0.01;
    return scored;
  }
  scored.logprobs.assign(count, -1.5);
  scored.reference_logprobs.assign(count, -1.0);
  scored.kld.assign(count, 0.25);
  scored.agree.assign(count, 1);
  return scored;
}

struct Checking : ::testing::Test {
  testing::Folder folder;
  testing::Script script;
  testing::Listener listener;
  std::stop_source stop;
  Plan plan = plan_of({round_of("baseline"), round_of("fa", {{"flash-attn", "on"}}), round_of("q8", {{"cache-type-k", "q8_0"}}),
                       round_of("lookup", {{"prompt-lookup", "on"}})}, 2);

  Checking() {
    script.on_score = good_score;
    plan.experiment.quality.checks = {"kld"};
    plan.experiment.workloads[0].requests[0].expected = "the answer";
  }

  RunOutcome run_all() {
    auto store = std::filesystem::exists(folder.path / "results.db")
                     ? store::Store::open(folder.path, store::Store::Access::write)
                     : store::Store::create(folder.path, {.experiment_yaml = "yaml",
                                                          .experiment_path = "x.yaml",
                                                          .plan_json = plan_to_json(plan),
                                                          .environment_json = "{}",
                                                          .started = "then",
                                                          .ended = {},
                                                          .stopped_because = {}});
    EXPECT_TRUE(store) << store.error().describe();
    auto const hello = testing::hello_for({"flash-attn", "cache-type-k", "prompt-lookup", "model"});
    RunConfig const config{.plan = plan,
                           .hellos = {hello},
                           .start = testing::starter(script, hello),
                           .directory = folder.path,
                           .time_left_s = {}};
    auto const outcome = run(config, *store, listener, stop.get_token());
    EXPECT_TRUE(outcome) << outcome.error().describe();
    auto const summary = summary_of(plan, *store);
    EXPECT_TRUE(summary) << summary.error().describe();
    if (summary) last = *summary;
    saved = store->checks().value();
    return outcome.value_or(RunOutcome{});
  }

  Summary last;
  std::vector<store::CheckRecord> saved;
};

TEST_F(Checking, TextsAreReadOnceWhereFlagsCanTell) {
  EXPECT_THAT(course::cells_to_read(plan), ElementsAre(1U, 2U));    // not what only drafts
  EXPECT_EQ(run_all().stopped_because, "2 blocks");
  // Two texts, each many tokens a step and at its end one a step; two cells.
  ASSERT_THAT(script.scores, SizeIs(8));
  auto const& first = script.scores[0];
  EXPECT_EQ(first.flags.at("flash-attn"), "on");
  ASSERT_TRUE(first.against);
  EXPECT_TRUE(first.against->empty());    // the baseline's
  std::vector<std::string> rests;
  for (auto const& score : script.scores) rests.push_back(score.text);
  EXPECT_THAT(rests, Contains("the answer"));
  EXPECT_EQ(script.scores[2].at_a_time, 1);
  EXPECT_EQ(script.scores[2].skip, text_tokens - decode_tokens);

  ASSERT_THAT(last.divergence, SizeIs(4));
  EXPECT_EQ(last.divergence[0].round, "fa");
  EXPECT_EQ(last.divergence[0].tokens, 2 * (text_tokens - 1));
  EXPECT_EQ(last.divergence[0].kld_mean, 0.25);
  EXPECT_EQ(last.divergence[1].shape, "decode");
  EXPECT_EQ(last.divergence[1].tokens, 2 * decode_tokens);
}

// Two cells with two texts each, of 39 tokens a text that are told; the first cell tells that there is no more.
TEST_F(Checking, HowFarItIsIsTold) {
  run_all();
  ASSERT_FALSE(listener.after.empty());
  EXPECT_EQ(listener.after.front().what, "texts");
  EXPECT_EQ(listener.after.front().cell, 1U);
  EXPECT_EQ(listener.after.front().at_most, 2 * plan.experiment.quality.tokens);
  EXPECT_EQ(listener.after.back().cell, 2U);
  EXPECT_EQ(listener.after.back().done, 4 * (text_tokens - 1));
  EXPECT_EQ(listener.after.back().at_most, 4 * (text_tokens - 1));
  EXPECT_TRUE(listener.after.back().left_s);
}

TEST_F(Checking, NothingIsReadUnlessAskedFor) {
  plan.experiment.quality.checks = {"task"};
  run_all();
  EXPECT_THAT(script.scores, IsEmpty());
  EXPECT_THAT(last.divergence, IsEmpty());
}

TEST_F(Checking, TokensAreBounded) {
  plan.experiment.quality.tokens = 10;    // the first text is enough
  run_all();
  EXPECT_EQ(last.divergence.at(0).texts, 1);
}

TEST_F(Checking, AnInterruptedOneGoesOn) {
  int asked = 0;
  script.on_score = [&](protocol::Score const& score) -> executor::Outcome<protocol::Scored> {
    if (++asked == 3) {
      stop.request_stop();
      return testing::trouble(Status::interrupted, "cancelled", false);
    }
    return good_score(score);
  };
  EXPECT_EQ(run_all().ended, Ended::interrupted);
  EXPECT_THAT(saved, SizeIs(2));
  stop = {};
  script.on_score = good_score;
  script.scores.clear();
  EXPECT_EQ(run_all().ended, Ended::complete);
  EXPECT_THAT(script.scores, SizeIs(6));
  EXPECT_THAT(saved, SizeIs(8));
  script.scores.clear();
  run_all();
  EXPECT_THAT(script.scores, IsEmpty());
}

TEST_F(Checking, AnExecutorThatCannotIsAskedOnceACell) {
  script.on_score = testing::Script{}.on_score;
  run_all();
  EXPECT_THAT(script.scores, SizeIs(2));
  ASSERT_THAT(last.divergence, SizeIs(2));
  EXPECT_EQ(last.divergence[0].status, "unsupported");
  EXPECT_EQ(last.divergence[0].reason, "no score");
  EXPECT_THAT(listener.notices, Contains(HasSubstr("unsupported: no score")));
}

TEST_F(Checking, AFailureIsARow) {
  script.on_score = [](protocol::Score const& score) -> executor::Outcome<protocol::Scored> {
    if (score.text == "the answer") return testing::trouble(Status::failed, "too long", false);
    return good_score(score);
  };
  run_all();
  EXPECT_EQ(last.divergence.at(0).status, "ok");
  EXPECT_EQ(last.divergence[0].texts, 1);
  EXPECT_EQ(last.divergence[0].failed, 1);
  EXPECT_EQ(last.divergence[0].reason, "too long");
}

TEST_F(Checking, MadeUpPromptsAreNoTexts) {
  for (auto& request : plan.experiment.workloads[0].requests) {
    request.prompt.reset();
    request.synthetic_tokens = 16;
  }
  run_all();
  EXPECT_THAT(script.scores, IsEmpty());
  EXPECT_THAT(last.divergence.at(0).reason, HasSubstr("quality.texts can name a file"));
}

// Answers 1 2 3 4, but for one round that says 9 in the place of 3.
TEST_F(Checking, AnswersThatPartAreJudged) {
  script.on_run = [](protocol::Run const& run, int) -> executor::Outcome<executor::Ran> {
    auto ran = testing::Script::good(run);
    for (std::size_t i = 0; i < run.requests.size(); ++i) {
      auto const third = run.flags.contains("flash-attn") && run.requests[i].id == "b" ? 9 : 3;
      for (std::int32_t const token : {1, 2, third, 4}) ran.timeline.token_ids.push_back(token);
      ran.timeline.requests.text[i] = third == 9 ? "other" : "text";
      ran.timeline.requests.finish[i] = "stop";
    }
    return ran;
  };
  plan.experiment.quality.checks.clear();
  run_all();
  ASSERT_THAT(script.scores, SizeIs(1));
  auto const& score = script.scores[0];
  EXPECT_TRUE(score.leads && score.noise && score.ended);
  EXPECT_EQ(score.request->prompt, "prompt b");
  EXPECT_THAT(score.tokens, ElementsAre(1, 2, 9, 4));
  EXPECT_FALSE(score.flags.contains("flash-attn"));    // the reference reads it
  EXPECT_EQ(score.against->at("flash-attn"), "on");
  ASSERT_THAT(last.equivalence, SizeIs(2));
  EXPECT_EQ(last.equivalence[0].round, "fa");
  EXPECT_EQ(last.equivalence[0].verdict, "near-ties");
  EXPECT_EQ(last.equivalence[0].divergences.at(0).token, 2);
  EXPECT_EQ(last.equivalence[1].verdict, "identical");

  script.scores.clear();
  run_all();
  EXPECT_THAT(script.scores, IsEmpty());
}

TEST_F(Checking, TextsOfTheExperimentAreReadForOneWorkload) {
  auto second = plan.cells;
  plan.experiment.workloads.push_back(plan.experiment.workloads[0]);
  for (auto cell : second) {
    cell.workload = 1;
    cell.id += "2";
    plan.cells.push_back(cell);
  }
  EXPECT_THAT(course::cells_to_read(plan), SizeIs(4));
  Request piece;
  piece.id = "piece-1";
  piece.expected = "a text";
  plan.experiment.quality.texts = {piece};
  EXPECT_THAT(course::cells_to_read(plan), ElementsAre(1U, 2U));
  auto const texts = texts_for(plan, 0);
  ASSERT_THAT(texts, SizeIs(1));
  EXPECT_FALSE(texts[0].prompt);
  EXPECT_EQ(texts[0].rest, "a text");
}

TEST(Texts, PatternsAreNoAnswers) {
  auto plan = plan_of({round_of("baseline")});
  auto& workload = plan.experiment.workloads[0];
  workload.requests[0].expected = "[0-9]+";
  workload.scorer = "regex";
  for (auto const& text : texts_for(plan, 0)) EXPECT_EQ(text.rest, "");
  workload.scorer = "exact";
  EXPECT_THAT(texts_for(plan, 0), Contains(::testing::Field(&TextToRead::rest, "[0-9]+")));
}

TEST(CheckJson, ReadsBackWhatWasWritten) {
  ReadText text{.cell = 3, .shape = {}, .status = Status::ok, .reason = {}, .first = 5, .kld = {0.5, 1e-6F}, .logprobs = {-1.0, -2.0},
                .reference_logprobs = {-1.5, -0.25}, .agree = {1, 0}};
  auto const read = read_text_from({.kind = "kld", .cell = 3, .item = "a", .content = to_json(text)});
  ASSERT_TRUE(read) << read.error().describe();
  EXPECT_EQ(read->first, 5);
  EXPECT_EQ(read->kld, text.kld);
  EXPECT_EQ(read->reference_logprobs, text.reference_logprobs);
  EXPECT_EQ(read->agree, text.agree);
  EXPECT_FALSE(read_text_from({.kind = "kld", .cell = 3, .item = "a", .content = "{"}));
  JudgedAnswer answer{.cell = 1, .request = "q/1", .answer = 0xFEDCBA9876543210U, .status = Status::ok, .reason = {}, .leads = {0.5}, .noise = 0.1};
  auto const again = judged_answer_from({.kind = "judged", .cell = 1, .item = "x", .content = to_json(answer)});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->answer, answer.answer);
  EXPECT_EQ(again->noise, 0.1);
}

}  // namespace
}  // namespace edgelab::runner
