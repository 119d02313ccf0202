// Runs on a made-up machine: waiting for it to cool, one cell for a time, nothing read where probes are off.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <numeric>
#include <thread>

#include "runner/fakes.hpp"
#include "runner/outputs.hpp"
#include "runner/plan_json.hpp"
#include "runner/runner.hpp"
#include "stats/metrics.hpp"

namespace edgelab::runner {
namespace {

using namespace std::chrono_literals;
using ::testing::SizeIs;

// A run over executors without processes, on a made-up machine.
struct HeatTest : ::testing::Test {
  testing::Folder folder;
  testing::Folder machine;
  testing::Script script;
  testing::Listener listener;
  std::stop_source stop;

  void temperature(double celsius) const {
    auto const zone = machine.path / "sys/class/thermal/thermal_zone0";
    std::filesystem::create_directories(zone);
    std::ofstream(zone / "temp") << static_cast<int>(celsius * 1000.0) << "\n";
  }
  store::Store new_store(Plan const& plan) const {
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
    auto const hello = testing::hello_for({"flash-attn"});
    return {
        .plan = plan,
        .hellos = {hello},
        .start = testing::starter(script, hello),
        .directory = folder.path,
        .time_left_s = {},
        .machine = {.sensors = std::make_shared<probe::Sensors>(probe::find_sensors(machine.path, "/nonexistent.so")),
                    .rates = {},
                    .start_c = 50.0}};
  }
  static Plan two_rounds() {
    return testing::plan_of({testing::round_of("baseline"), testing::round_of("fa", {{"flash-attn", "on"}})}, 2);
  }
};

TEST_F(HeatTest, before_each_block_the_run_waits_and_says_so) {
  auto plan = two_rounds();
  plan.experiment.protocol.cool_down = CoolDown{};
  temperature(70.0);
  listener.on_cooling = [&] { temperature(52.0); };
  auto store = new_store(plan);
  auto const config = config_of(plan);
  // The trials heat it again.
  script.on_run = [&](protocol::Run const& run, int) {
    temperature(70.0);
    return testing::Script::good(run);
  };
  ASSERT_TRUE(run(config, store, listener, stop.get_token()).has_value());
  auto const waits = store.cool_downs().value();
  ASSERT_THAT(waits, SizeIs(2));
  EXPECT_EQ(waits[0].block, 0);
  EXPECT_EQ(waits[1].block, 1);
  EXPECT_EQ(waits[0].target_c, 53.0);    // three degrees above the beginning's
  EXPECT_TRUE(waits[0].reached);
  auto const summary = write_outputs(store, folder.path);
  ASSERT_TRUE(summary.has_value()) << summary.error().describe();
  ASSERT_TRUE(summary->thermal.cool_down);
  EXPECT_EQ(summary->thermal.cool_down->waits, 2);
  EXPECT_EQ(summary->thermal.hottest_c, 70.0);
}

// What a device runs neither heats this machine nor is told by its sensors.
TEST_F(HeatTest, nothing_of_it_is_a_matter_of_a_devices_trials) {
  auto plan = two_rounds();
  plan.experiment.protocol.cool_down = CoolDown{.to_c = {}, .limit_s = 3600.0};
  plan.experiment.executors[0].kind = "remote";
  plan.experiment.executors[0].device = "phone";
  temperature(70.0);
  auto store = new_store(plan);
  ASSERT_TRUE(run(config_of(plan), store, listener, stop.get_token()).has_value());
  EXPECT_THAT(store.cool_downs().value(), SizeIs(0));
  for (auto const& trial : store.trials(store::Store::Timelines::leave_out).value())
    EXPECT_FALSE(stats::value_of(trial.metrics, "temp_c"));
}

TEST_F(HeatTest, a_stop_in_a_wait_ends_the_run_and_it_can_be_resumed) {
  auto plan = two_rounds();
  plan.experiment.protocol.cool_down = CoolDown{.to_c = {}, .limit_s = 3600.0};
  temperature(70.0);
  listener.on_cooling = [&] { stop.request_stop(); };
  auto store = new_store(plan);
  auto const config = config_of(plan);
  auto const first = run(config, store, listener, stop.get_token());
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->ended, Ended::interrupted);
  EXPECT_THAT(store.cool_downs().value(), SizeIs(0));
  EXPECT_THAT(store.trials(store::Store::Timelines::leave_out).value(), SizeIs(4));    // memory and warm-up
  temperature(51.0);
  testing::Listener quiet;
  auto const second = run(config, store, quiet, {});
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->stopped_because, "2 blocks");
  EXPECT_THAT(store.trials(store::Store::Timelines::leave_out).value(), SizeIs(8));
}

TEST_F(HeatTest, one_cell_is_repeated_for_its_time_and_goes_on_where_it_was) {
  auto plan = two_rounds();
  plan.experiment.protocol.sustained = Sustained{.round = "fa", .workload = "w", .seconds = 0.5};
  auto store = new_store(plan);
  auto const config = config_of(plan);
  int begun = 0;
  listener.on_begin = [&](PlannedTrial const& planned) {
    if (planned.kind == TrialKind::sustained && ++begun == 4) stop.request_stop();
  };
  script.on_run = [&](protocol::Run const& run, int) -> executor::Outcome<executor::Ran> {
    if (stop.stop_requested()) return testing::trouble(Status::interrupted, "cancelled", false);
    std::this_thread::sleep_for(30ms);
    return testing::Script::good(run);
  };
  EXPECT_EQ(run(config, store, listener, stop.get_token())->ended, Ended::interrupted);
  stop = {};
  testing::Listener quiet;
  auto const ended = run(config, store, quiet, {});
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->stopped_because, "2 blocks");

  auto const trials = store.trials(store::Store::Timelines::leave_out).value();
  std::vector<std::int32_t> numbers;
  double spent_s = 0.0;
  for (auto const& trial : trials) {
    if (trial.planned.kind != TrialKind::sustained) continue;
    EXPECT_EQ(trial.planned.cell, 1U);
    numbers.push_back(trial.planned.block);
    spent_s += trial.wall_ms / 1000.0;
  }
  std::vector<std::int32_t> expected(numbers.size());
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(numbers, expected);
  EXPECT_GE(spent_s, 0.5);
  auto const last_s = trials.back().wall_ms / 1000.0;
  EXPECT_LT(spent_s - last_s, 0.5);    // not one more than it takes

  auto const summary = write_outputs(store, folder.path);
  ASSERT_TRUE(summary.has_value());
  ASSERT_THAT(summary->sustained, SizeIs(1));
  EXPECT_THAT(summary->sustained[0].points, SizeIs(numbers.size()));
  EXPECT_EQ(summary->blocks, 2);
  EXPECT_EQ(summary->cells[1].trials.ok, 2);    // they are in no mean
  std::ifstream csv(folder.path / "sustained.csv");
  std::size_t lines = 0;
  for (std::string line; std::getline(csv, line);) ++lines;
  EXPECT_EQ(lines, 1 + numbers.size());
}

TEST_F(HeatTest, the_time_budget_ends_it_too) {
  auto plan = two_rounds();
  plan.experiment.protocol.sustained = Sustained{.round = "fa", .workload = "w", .seconds = 3600.0};
  auto store = new_store(plan);
  auto config = config_of(plan);
  config.time_left_s = 0.3;
  script.on_run = [&](protocol::Run const& run, int) {
    std::this_thread::sleep_for(20ms);
    return testing::Script::good(run);
  };
  EXPECT_EQ(run(config, store, listener, stop.get_token())->stopped_because, "time budget");
}

TEST_F(HeatTest, probes_off_reads_nothing) {
  auto plan = two_rounds();
  temperature(70.0);
  {
    auto store = new_store(plan);
    ASSERT_TRUE(run(config_of(plan), store, listener, stop.get_token()).has_value());
    for (auto const& trial : store.trials(store::Store::Timelines::leave_out).value())
      EXPECT_EQ(stats::value_of(trial.metrics, "temp_c").has_value(), trial.planned.kind != TrialKind::memory);
  }
  std::filesystem::remove(folder.path / "results.db");
  plan.experiment.protocol.probes = false;
  auto store = new_store(plan);
  ASSERT_TRUE(run(config_of(plan), store, listener, stop.get_token()).has_value());
  for (auto const& trial : store.trials(store::Store::Timelines::leave_out).value())
    EXPECT_FALSE(stats::value_of(trial.metrics, "temp_c"));
}

}  // namespace
}  // namespace edgelab::runner
