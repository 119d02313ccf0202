// The loop, over executors without processes and a real store.
#include "runner/runner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "course/messages.hpp"
#include "course/record.hpp"
#include "course/verdict.hpp"
#include "plan/plan.hpp"
#include "runner/fakes.hpp"
#include "runner/outputs.hpp"
#include "runner/plan_json.hpp"

namespace edgelab::runner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::plan_of;
using testing::round_of;
using ::testing::SizeIs;

struct RunnerTest : ::testing::Test {
  testing::Folder folder;
  testing::Script script;
  testing::Listener listener;
  std::stop_source stop;

  store::Store new_store(Plan const& plan) {
    auto store = store::Store::create(folder.path, {.experiment_yaml = "yaml",
                                                    .experiment_path = "x.yaml",
                                                    .plan_json = plan_to_json(plan),
                                                    .environment_json = "{}",
                                                    .started = "then",
                                                    .ended = {},
                                                    .stopped_because = {}});
    EXPECT_TRUE(store.has_value());
    return std::move(*store);
  }

  RunConfig config_of(Plan const& plan) {
    auto const hello = testing::hello_for({"flash-attn", "cache-type-k", "threads"});
    return {.plan = plan,
            .hellos = {hello},
            .start = testing::starter(script, hello),
            .directory = folder.path,
            .time_left_s = {}};
  }

  RunOutcome run_all(RunConfig const& config, store::Store& store) {
    auto outcome = run(config, store, listener, stop.get_token());
    EXPECT_TRUE(outcome.has_value()) << outcome.error().describe();
    return *outcome;
  }

  static std::vector<TrialResult> trials_of(store::Store const& store) {
    return store.trials(store::Store::Timelines::leave_out).value();
  }

  static std::vector<PlannedTrial> expected_order(Plan const& plan) {
    std::vector<PlannedTrial> all;
    all.append_range(plan::block_trials(plan, TrialKind::memory, 0));
    all.append_range(plan::block_trials(plan, TrialKind::warmup, 0));
    for (std::int32_t block = 0; block < plan.experiment.protocol.max_blocks; ++block) {
      all.append_range(plan::block_trials(plan, TrialKind::timed, block));
    }
    return all;
  }

  static void expect_order(std::vector<TrialResult> const& trials, std::vector<PlannedTrial> const& expected) {
    ASSERT_EQ(trials.size(), expected.size());
    for (std::size_t i = 0; i < trials.size(); ++i) {
      EXPECT_EQ(trials[i].planned.kind, expected[i].kind) << i;
      EXPECT_EQ(trials[i].planned.block, expected[i].block) << i;
      EXPECT_EQ(trials[i].planned.cell, expected[i].cell) << i;
      EXPECT_EQ(trials[i].planned.seed, expected[i].seed) << i;
    }
  }

  std::vector<std::string> lines() const {
    std::ifstream in(folder.path / "trials.jsonl");
    std::vector<std::string> all;
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }
};

Plan three_rounds() {
  return plan_of(
      {round_of("baseline"), round_of("fa", {{"flash-attn", "on"}}), round_of("q8", {{"cache-type-k", "q8_0"}})});
}

TEST_F(RunnerTest, RunsThePlanInItsOrder) {
  auto const plan = three_rounds();
  auto store = new_store(plan);
  auto const outcome = run_all(config_of(plan), store);
  EXPECT_EQ(outcome.stopped_because, "3 blocks");
  expect_order(trials_of(store), expected_order(plan));
  EXPECT_THAT(lines(), SizeIs(15));
  EXPECT_EQ(listener.stopped_because, "3 blocks");
  EXPECT_EQ(listener.positions.back().trials_done, 15);
  EXPECT_EQ(listener.positions.back().trials_at_most, 15);
  EXPECT_EQ(script.alive, 0);
}

TEST_F(RunnerTest, ATrialThatEndsEarlyIsAFailure) {
  auto plan = plan_of({round_of("baseline")}, 1);
  plan.experiment.protocol.trial_min_tokens = 9;
  auto store = new_store(plan);
  run_all(config_of(plan), store);
  auto const trials = trials_of(store);
  ASSERT_THAT(trials, SizeIs(3));
  EXPECT_EQ(trials[0].status, Status::ok);    // of memory
  EXPECT_EQ(trials[2].status, Status::failed);
  EXPECT_EQ(trials[2].reason, "the executor ended the trial after 8 tokens; it was asked to go on until there are 9");
  EXPECT_THAT(trials[2].metrics, SizeIs(0));
}

TEST_F(RunnerTest, EachMemoryTrialHasAProcessOfItsOwn) {
  auto const plan = three_rounds();
  auto store = new_store(plan);
  run_all(config_of(plan), store);
  EXPECT_EQ(script.started, 4);
  EXPECT_THAT(std::vector(script.run_by.begin(), script.run_by.begin() + 5), ElementsAre(0, 1, 2, 3, 3));
  EXPECT_EQ(script.runs[0].min_s, 0.0);
  EXPECT_EQ(script.runs[0].min_tokens, 0);
  EXPECT_EQ(script.runs[3].min_s, plan.experiment.protocol.trial_min_s);
  EXPECT_EQ(trials_of(store)[0].memory.model_bytes, 77);
  EXPECT_EQ(trials_of(store)[0].memory.rss_peak_bytes, 1'000'000);
}

TEST_F(RunnerTest, AnUnsupportedCellIsOneRow) {
  auto plan = plan_of({round_of("baseline"), round_of("rpc", {{"rpc", "host:1"}}), round_of("refused")});
  plan.cells[2].refused = "a quantised V needs flash attention";
  auto store = new_store(plan);
  run_all(config_of(plan), store);
  auto const trials = trials_of(store);
  EXPECT_EQ(std::ranges::count(trials, 1U, [](auto const& t) { return t.planned.cell; }), 1);
  EXPECT_EQ(std::ranges::count(trials, 2U, [](auto const& t) { return t.planned.cell; }), 1);
  EXPECT_EQ(trials[0].status, Status::unsupported);
  EXPECT_THAT(trials[0].reason, HasSubstr("rpc"));
  EXPECT_EQ(trials[1].reason, "a quantised V needs flash attention");
  EXPECT_FALSE(any_trial_failed(store).value());
}

TEST_F(RunnerTest, ACellThatTheExecutorRefusesWhileRunningIsNotRunAgain) {
  auto const plan = three_rounds();
  script.on_run = [](protocol::Run const& run, int) -> executor::Outcome<executor::Ran> {
    if (run.flags.contains("flash-attn")) return testing::trouble(Status::unsupported, "not on this model", false);
    return testing::Script::good(run);
  };
  auto store = new_store(plan);
  run_all(config_of(plan), store);
  auto const trials = trials_of(store);
  EXPECT_EQ(std::ranges::count(trials, 1U, [](auto const& t) { return t.planned.cell; }), 1);
  EXPECT_EQ(listener.positions.back().trials_done, listener.positions.back().trials_at_most);
}

TEST_F(RunnerTest, ALostProcessCostsOneTrial) {
  auto const plan = three_rounds();
  script.on_run = [](protocol::Run const& run, int number) -> executor::Outcome<executor::Ran> {
    if (number == 5) return testing::trouble(Status::failed, "killed by SIGSEGV", true);
    return testing::Script::good(run);
  };
  auto store = new_store(plan);
  run_all(config_of(plan), store);
  auto const trials = trials_of(store);
  expect_order(trials, expected_order(plan));
  EXPECT_EQ(std::ranges::count(trials, Status::failed, &TrialResult::status), 1);
  EXPECT_EQ(trials[5].reason, "killed by SIGSEGV");
  EXPECT_NE(script.run_by[6], script.run_by[5]);
  EXPECT_TRUE(any_trial_failed(store).value());
}

TEST_F(RunnerTest, ATrialThatFailsInALivingProcessKeepsIt) {
  auto const plan = three_rounds();
  script.on_run = [](protocol::Run const& run, int number) -> executor::Outcome<executor::Ran> {
    if (number == 5) return testing::trouble(Status::timeout, "took longer than 300 s", false);
    return testing::Script::good(run);
  };
  auto store = new_store(plan);
  run_all(config_of(plan), store);
  EXPECT_EQ(script.run_by[6], script.run_by[5]);
  EXPECT_EQ(trials_of(store)[5].status, Status::timeout);
}

TEST_F(RunnerTest, ACellThatKeepsFailingIsGivenUp) {
  auto const plan = three_rounds();
  script.on_run = [](protocol::Run const& run, int) -> executor::Outcome<executor::Ran> {
    if (run.flags.contains("flash-attn")) return testing::trouble(Status::failed, "no context", false);
    return testing::Script::good(run);
  };
  auto store = new_store(plan);
  run_all(config_of(plan), store);
  auto const trials = trials_of(store);
  EXPECT_EQ(std::ranges::count(trials, 1U, [](auto const& t) { return t.planned.cell; }), course::give_up_after);
  EXPECT_THAT(listener.notices, ElementsAre(HasSubstr("m/x/w/fa is given up")));
  EXPECT_EQ(std::ranges::count(trials, 0U, [](auto const& t) { return t.planned.cell; }), 5);
}

TEST_F(RunnerTest, WhatIsNotInForceFailsTheTrial) {
  auto const plan = three_rounds();
  script.on_run = [](protocol::Run const& run, int) -> executor::Outcome<executor::Ran> {
    auto ran = testing::Script::good(run);
    if (run.flags.contains("cache-type-k")) ran.done.in_force["cache-type-k"] = "f16";
    return ran;
  };
  auto store = new_store(plan);
  run_all(config_of(plan), store);
  auto const trials = trials_of(store);
  auto const q8 = std::ranges::find(trials, 2U, [](auto const& t) { return t.planned.cell; });
  EXPECT_EQ(q8->status, Status::failed);
  EXPECT_EQ(q8->reason, "flag cache-type-k: asked q8_0, in force f16");
  EXPECT_EQ(q8->in_force.at("cache-type-k"), "f16");
  EXPECT_THAT(q8->metrics, SizeIs(0));
}

TEST_F(RunnerTest, ATimelineThatMakesNoSenseFailsTheTrial) {
  auto const plan = plan_of({round_of("baseline")});
  auto const planned = plan::block_trials(plan, TrialKind::timed, 0)[0];
  auto const ran = testing::Script::good(course::run_message(plan, planned));
  course::TrialAnswer const good{
      .done = ran.done, .timeline = ran.timeline, .rss_peak_bytes = {}, .loaded_model_bytes = {}};
  EXPECT_EQ(course::judge(plan, planned, good).status, Status::ok);
  auto uneven = good;
  uneven.timeline.requests.emissions[0] = 99;
  EXPECT_EQ(course::judge(plan, planned, uneven).status, Status::failed);
  auto broken = good;
  broken.timeline.requests.finish[1] = "error: context is full";
  auto const result = course::judge(plan, planned, broken);
  EXPECT_EQ(result.status, Status::failed);
  EXPECT_THAT(result.reason, HasSubstr("context is full"));
}

TEST_F(RunnerTest, AResumedRunGoesOnInTheSameOrder) {
  auto const plan = three_rounds();
  auto const expected = expected_order(plan);
  for (std::size_t stop_at = 0; stop_at <= expected.size(); ++stop_at) {
    testing::Folder here;
    testing::Script fresh;
    auto store = store::Store::create(here.path, {.experiment_yaml = "",
                                                  .experiment_path = "",
                                                  .plan_json = plan_to_json(plan),
                                                  .environment_json = "{}",
                                                  .started = "",
                                                  .ended = {},
                                                  .stopped_because = {}});
    ASSERT_TRUE(store.has_value());
    auto config = config_of(plan);
    config.directory = here.path;
    config.start = testing::starter(fresh, config.hellos[0]);
    std::stop_source interrupt;
    testing::Listener counting;
    std::size_t begun = 0;
    counting.on_begin = [&](PlannedTrial const&) {
      if (begun++ == stop_at) interrupt.request_stop();
    };
    // A stopped exchange ends interrupted, as with a real executor.
    fresh.on_run = [&](protocol::Run const& run, int) -> executor::Outcome<executor::Ran> {
      if (interrupt.stop_requested()) return testing::trouble(Status::interrupted, "cancelled", false);
      return testing::Script::good(run);
    };
    auto const first = run(config, *store, counting, interrupt.get_token());
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(first->ended, stop_at < expected.size() ? Ended::interrupted : Ended::complete);
    EXPECT_EQ(trials_of(*store).size(), stop_at);
    interrupt = {};
    testing::Listener quiet;
    auto const second = run(config, *store, quiet, {});
    ASSERT_TRUE(second.has_value());
    expect_order(trials_of(*store), expected);
  }
}

TEST_F(RunnerTest, AProcessLostByAnInterruptionIsNoFailure) {
  auto const plan = three_rounds();
  script.on_run = [&](protocol::Run const& run, int number) -> executor::Outcome<executor::Ran> {
    if (number < 4) return testing::Script::good(run);
    stop.request_stop();
    return testing::trouble(Status::failed, "killed by SIGINT", true);
  };
  auto store = new_store(plan);
  auto const outcome = run_all(config_of(plan), store);
  EXPECT_EQ(outcome.ended, Ended::interrupted);
  EXPECT_EQ(outcome.stopped_because, "interrupted");
  EXPECT_THAT(trials_of(store), SizeIs(4));
  EXPECT_EQ(script.cancelled, 1);
}

TEST_F(RunnerTest, StopsWhenItsTimeIsUp) {
  auto const plan = three_rounds();
  auto store = new_store(plan);
  auto config = config_of(plan);
  config.time_left_s = 0.0;
  EXPECT_EQ(run_all(config, store).stopped_because, "time budget");
  EXPECT_THAT(trials_of(store), SizeIs(0));
}

TEST_F(RunnerTest, StopsWhenTheIntervalIsReached) {
  auto plan = three_rounds();
  plan.experiment.protocol.min_blocks = 2;
  plan.experiment.protocol.max_blocks = 50;
  plan.experiment.protocol.until_metric = "decode_tps";
  auto store = new_store(plan);
  // The fake's timelines are all alike, so that the interval has no width.
  EXPECT_EQ(run_all(config_of(plan), store).stopped_because, "interval reached");
  EXPECT_THAT(trials_of(store), SizeIs(3 + 3 + 2 * 3));
  // A resumed run sees the same and runs nothing.
  EXPECT_EQ(run_all(config_of(plan), store).stopped_because, "interval reached");
  EXPECT_THAT(trials_of(store), SizeIs(3 + 3 + 2 * 3));
}

TEST_F(RunnerTest, SaysWhenNothingCanRun) {
  auto plan = plan_of({round_of("baseline")});
  plan.cells[0].refused = "no";
  auto store = new_store(plan);
  EXPECT_EQ(run_all(config_of(plan), store).stopped_because, "no cell can run");
}

TEST_F(RunnerTest, EveryOutputComesFromTheStore) {
  auto const plan = three_rounds();
  auto store = new_store(plan);
  run_all(config_of(plan), store);
  ASSERT_TRUE(store.finish("now", "3 blocks").has_value());
  auto const before = lines();
  std::filesystem::remove(folder.path / "trials.jsonl");
  auto const summary = write_outputs(store, folder.path);
  ASSERT_TRUE(summary.has_value()) << summary.error().describe();
  EXPECT_EQ(summary->stopped_because, "3 blocks");
  EXPECT_EQ(summary->started, "then");
  EXPECT_EQ(lines(), before);
  for (auto const* file : {"summary.json", "summary.csv", "report.md", "environment.json", "experiment.yaml"}) {
    EXPECT_TRUE(std::filesystem::exists(folder.path / file)) << file;
  }
  for (auto const& entry : std::filesystem::directory_iterator(folder.path)) {
    EXPECT_NE(entry.path().extension(), ".part");
  }
}

TEST(PlanJson, ComesBackAsItWas) {
  auto plan = three_rounds();
  plan.experiment.protocol.seed = 0xFFFF'FFFF'FFFF'FFFFU;
  plan.experiment.protocol.time_budget_s = 1.5;
  plan.experiment.workloads[0].arrivals.kind = Arrivals::Kind::poisson;
  plan.experiment.workloads[0].requests[0].messages = {{.role = "user", .content = "ä \"quoted\"\n"}};
  plan.cells[1].refused = "no";
  plan.cells[2].versus = {1};
  auto const json = plan_to_json(plan);
  auto const back = plan_from_json(json);
  ASSERT_TRUE(back.has_value()) << back.error().describe();
  EXPECT_EQ(plan_to_json(*back), json);
  EXPECT_EQ(back->experiment.protocol.seed, plan.experiment.protocol.seed);
  EXPECT_EQ(back->experiment.workloads[0].arrivals.kind, Arrivals::Kind::poisson);
  EXPECT_EQ(back->experiment.workloads[0].requests[0].messages[0].content, "ä \"quoted\"\n");
  EXPECT_EQ(back->cells[1].refused, "no");
  EXPECT_FALSE(plan_from_json("{").has_value());
  EXPECT_FALSE(plan_from_json("[]").has_value());
}

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

// A device that is not fit costs the trial that waited for it, with the reason; the others run.
TEST_F(RunnerTest, ATrialWhoseDeviceIsWaitedForInVainIsARow) {
  auto const plan = plan_of({round_of("baseline")});
  auto config = config_of(plan);
  int asked = 0;
  config.await_fit = [&](std::size_t executor, std::stop_token const&, auto const& notice) -> std::optional<std::string> {
    EXPECT_EQ(executor, 0U);
    notice("waits");
    return ++asked == 3 ? std::optional<std::string>("too hot") : std::nullopt;
  };
  auto store = new_store(plan);
  EXPECT_EQ(run_all(config, store).ended, Ended::complete);
  auto const trials = trials_of(store);
  ASSERT_THAT(trials, SizeIs(5));
  EXPECT_EQ(asked, 5);
  EXPECT_EQ(trials[2].status, Status::failed);
  EXPECT_EQ(trials[2].reason, "too hot");
  EXPECT_EQ(std::ranges::count(trials, Status::ok, &TrialResult::status), 4);
  EXPECT_THAT(script.runs, SizeIs(4));
  EXPECT_THAT(listener.notices, ::testing::Contains("waits"));
}

}  // namespace
}  // namespace edgelab::runner
