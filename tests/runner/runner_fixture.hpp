// A run over executors without processes and a real store, for the tests of the loop and of what comes after it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "plan/plan.hpp"
#include "runner/fakes.hpp"
#include "runner/plan_json.hpp"
#include "runner/runner.hpp"

namespace edgelab::runner {

using testing::plan_of;
using testing::round_of;

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

inline Plan three_rounds() {
  return plan_of(
      {round_of("baseline"), round_of("fa", {{"flash-attn", "on"}}), round_of("q8", {{"cache-type-k", "q8_0"}})});
}

}  // namespace edgelab::runner
