// The loop, over executors without processes and a real store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ranges>
#include <string>
#include <vector>

#include "course/messages.hpp"
#include "course/record.hpp"
#include "course/verdict.hpp"
#include "runner/outputs.hpp"
#include "runner/runner_fixture.hpp"

namespace edgelab::runner {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::SizeIs;

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

TEST_F(RunnerTest, OfAnEmulatedExecutorNoMetricOfTimeIsComputed) {
  auto const plan = plan_of({round_of("baseline")});
  auto const names_of = [&](TrialKind kind, bool emulated) {
    auto const planned = plan::block_trials(plan, kind, 0)[0];
    auto ran = testing::Script::good(course::run_message(plan, planned));
    if (emulated) ran.done.in_force["emulated"] = "on";
    auto const row = course::judge(plan, planned,
                                   {.done = std::move(ran.done),
                                    .timeline = std::move(ran.timeline),
                                    .rss_peak_bytes = 5000,
                                    .loaded_model_bytes = 1000});
    EXPECT_EQ(row.status, Status::ok) << row.reason;
    return row.metrics | std::views::transform(&Metric::name) | std::ranges::to<std::vector>();
  };
  EXPECT_THAT(names_of(TrialKind::timed, false), IsSupersetOf({"decode_tps", "e2e_ms", "output_tokens"}));
  auto const timed = names_of(TrialKind::timed, true);
  EXPECT_THAT(timed, Contains("output_tokens"));
  for (auto const& name : timed) EXPECT_FALSE(name.contains("tps") || name.contains("_ms") || name.contains("per_s")) << name;
  EXPECT_THAT(names_of(TrialKind::memory, false), IsSupersetOf({"model_bytes", "rss_peak_bytes"}));
  auto const memory = names_of(TrialKind::memory, true);
  EXPECT_THAT(memory, Contains("model_bytes"));
  EXPECT_THAT(memory, Not(Contains("rss_peak_bytes"))) << "the emulator is in it";
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
