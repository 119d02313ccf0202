// Devices of one run at the same time: which lanes a plan has, and what a run of several does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "core/clock.hpp"
#include "plan/lanes.hpp"
#include "runner/runner_fixture.hpp"

namespace edgelab::runner {
namespace {

using namespace std::chrono_literals;
using plan::Lane;
using plan::lane_of;
using plan::lanes_of;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto plenty = 60s;           // for what must come: a loaded machine is no failure

// Rounds on each of these executors: "phone" is a device, "" this machine.
Plan plan_on(std::vector<std::string> const& devices, std::vector<Round> rounds, std::int32_t blocks = 3) {
  auto plan = plan_of(std::move(rounds), blocks);
  auto const cells = std::exchange(plan.cells, {});
  plan.experiment.executors.clear();
  for (auto const& device : devices) {
    ExecutorSpec spec{.id = device.empty() ? "here" : device, .kind = device.empty() ? "exec" : "remote", .command = {}};
    spec.device = device;
    auto const executor = plan.experiment.executors.size();
    auto const first = plan.cells.size();
    for (auto cell : cells) {
      cell.id = "m/" + spec.id + "/w/" + plan.experiment.rounds[cell.round].name;
      cell.executor = executor;
      cell.baseline = first;
      plan.cells.push_back(std::move(cell));
    }
    plan.experiment.executors.push_back(std::move(spec));
  }
  return plan;
}

Plan two_phones(std::int32_t blocks = 3) {
  return plan_on({"one", "two"}, {round_of("baseline"), round_of("fa", {{"flash-attn", "on"}})}, blocks);
}

// --- which lanes

std::vector<std::string> names_of(std::vector<Lane> const& lanes) {
  std::vector<std::string> names;
  for (auto const& lane : lanes) names.push_back(plan::name_of(lane));
  return names;
}

TEST(Lanes, AreThisMachineAndEachDevice) {
  auto const rounds = std::vector{round_of("baseline")};
  EXPECT_THAT(names_of(lanes_of(plan_on({""}, rounds))), ElementsAre("this machine"));
  EXPECT_THAT(names_of(lanes_of(plan_on({"", ""}, rounds))), ElementsAre("this machine")) << "they share its processor";
  EXPECT_THAT(names_of(lanes_of(plan_on({"b", "a"}, rounds))), ElementsAre("b", "a"));
  EXPECT_THAT(names_of(lanes_of(plan_on({"b", "", "b"}, rounds))), ElementsAre("this machine", "b"));
  EXPECT_THAT(names_of(lanes_of(Plan{})), SizeIs(1));
  auto plan = plan_on({"a", "a"}, rounds);
  plan.experiment.executors[1].url = "nats://elsewhere:4222";
  EXPECT_THAT(names_of(lanes_of(plan)), ElementsAre("a")) << "a hub can be written in two ways";
}

TEST(Lanes, HaveEveryCellOnce) {
  auto const plan = plan_on({"one", "", "two", "one"}, {round_of("baseline"), round_of("fa")});
  auto const lanes = lanes_of(plan);
  for (std::size_t cell = 0; cell < plan.cells.size(); ++cell) {
    EXPECT_EQ(std::ranges::count_if(lanes, [&](Lane const& lane) { return lane.cells[cell]; }), 1) << cell;
    EXPECT_EQ(lanes[lane_of(lanes, cell)].device, plan.experiment.executors[plan.cells[cell].executor].device);
  }
}

TEST(Lanes, AreDecidedByTheirOwnCellsAndThoseTheyAreComparedWith) {
  auto plan = two_phones();
  EXPECT_EQ(lanes_of(plan)[0].decisive, lanes_of(plan)[0].cells);
  plan.cells[3].versus = {1};
  auto const lanes = lanes_of(plan);
  EXPECT_EQ(lanes[0].decisive, (plan::Cells{true, true, false, true}));
  EXPECT_EQ(lanes[1].decisive, (plan::Cells{false, true, true, true}));
}

// --- what a run of several does

// Executors without processes, each lane on a thread of its own.
struct Bench {
  std::mutex mutex;
  std::condition_variable changed;
  std::set<std::thread::id> threads;
  std::map<std::size_t, int> alive;       // of each executor
  std::map<std::size_t, int> runs;
  std::map<std::size_t, int> cancelled;
  using Answer = executor::Outcome<executor::Ran>;
  std::function<Answer(std::size_t executor, protocol::Run const&, int number)> on_run =
      [](std::size_t, protocol::Run const& run, int) -> Answer { return testing::Script::good(run); };

  // Until it holds; false: it never did.
  template <typename What>
  bool wait_until(What what) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, plenty, what);
  }
  template <typename What>
  void change(What what) {
    {
      std::scoped_lock const lock(mutex);
      what();
    }
    changed.notify_all();
  }
};

class LaneExecutor final : public executor::Executor {
 public:
  LaneExecutor(Bench& bench, std::size_t executor, protocol::HelloReply hello)
      : bench_(bench), executor_(executor), hello_(std::move(hello)) {
    bench_.change([&] { ++bench_.alive[executor_]; });
  }
  ~LaneExecutor() override { bench_.change([&] { --bench_.alive[executor_]; }); }
  protocol::HelloReply const& hello() const override { return hello_; }
  executor::Outcome<protocol::Loaded> load(protocol::Load, std::chrono::milliseconds) override {
    return protocol::Loaded{.id = 0, .model_bytes = 77, .n_ctx_train = {}, .n_vocab = {}};
  }
  executor::Outcome<executor::Ran> run(protocol::Run run, std::chrono::milliseconds, OnProgress const& on_progress) override {
    int number = 0;
    bench_.change([&] {
      number = bench_.runs[executor_]++;
      bench_.threads.insert(std::this_thread::get_id());
    });
    on_progress({});
    return bench_.on_run(executor_, run, number);
  }
  executor::Outcome<protocol::Scored> score(protocol::Score, std::chrono::milliseconds) override {
    return testing::trouble(Status::unsupported, "no score", false);
  }
  void cancel() override { bench_.change([&] { ++bench_.cancelled[executor_]; }); }

 private:
  Bench& bench_;
  std::size_t executor_;
  protocol::HelloReply hello_;
};

struct LanesTest : RunnerTest {
  Bench bench;

  RunConfig config_for(Plan const& plan) {
    auto config = config_of(plan);
    auto const hello = config.hellos[0];
    config.hellos.assign(plan.experiment.executors.size(), hello);
    config.start = [this, hello](std::size_t executor,
                                 std::stop_token const&) -> executor::Outcome<std::unique_ptr<executor::Executor>> {
      return std::make_unique<LaneExecutor>(bench, executor, hello);
    };
    return config;
  }

  void expect_nothing_left() {
    for (auto const& [executor, alive] : bench.alive) EXPECT_EQ(alive, 0) << executor;
  }
};

std::vector<TrialResult> of_lane(std::vector<TrialResult> trials, Lane const& lane) {
  std::erase_if(trials, [&](TrialResult const& trial) { return !lane.cells[trial.planned.cell]; });
  return trials;
}

std::vector<PlannedTrial> of_lane(std::vector<PlannedTrial> trials, Lane const& lane) {
  std::erase_if(trials, [&](PlannedTrial const& trial) { return !lane.cells[trial.cell]; });
  return trials;
}

// Each trial of one device goes on only when the other one's trial of that number has begun.
TEST_F(LanesTest, TrialsOfTwoDevicesOverlap) {
  auto const plan = two_phones();
  bench.on_run = [&](std::size_t executor, protocol::Run const& run, int number) -> Bench::Answer {
    if (!bench.wait_until([&] { return bench.runs[1 - executor] > number; }))
      return testing::trouble(Status::failed, "the other device never began", false);
    return testing::Script::good(run);
  };
  auto store = new_store(plan);
  EXPECT_EQ(run_all(config_for(plan), store).stopped_because, "3 blocks");
  auto const trials = trials_of(store);
  ASSERT_THAT(trials, SizeIs(2 * 2 * 5));
  for (auto const& trial : trials) EXPECT_EQ(trial.status, Status::ok) << trial.reason;
  EXPECT_THAT(bench.threads, SizeIs(2));
  EXPECT_THAT(bench.threads, Contains(std::this_thread::get_id())) << "the first lane is the caller's";
  expect_nothing_left();
}

TEST_F(LanesTest, ThisMachineAndADeviceOverlap) {
  auto const plan = plan_on({"phone", ""}, {round_of("baseline")});
  std::map<std::size_t, std::thread::id> by;
  bench.on_run = [&](std::size_t executor, protocol::Run const& run, int number) -> Bench::Answer {
    bench.change([&] { by[executor] = std::this_thread::get_id(); });
    if (!bench.wait_until([&] { return bench.runs[1 - executor] > number; }))
      return testing::trouble(Status::failed, "the other machine never began", false);
    return testing::Script::good(run);
  };
  auto store = new_store(plan);
  run_all(config_for(plan), store);
  for (auto const& trial : trials_of(store)) EXPECT_EQ(trial.status, Status::ok) << trial.reason;
  EXPECT_EQ(by[1], std::this_thread::get_id()) << "processes end with the thread that started them";
  EXPECT_NE(by[0], by[1]);
}

TEST_F(LanesTest, ExecutorsOfOneMachineTakeTurnsOnTheCallersThread) {
  auto const plan = plan_on({"", ""}, {round_of("baseline"), round_of("fa", {{"flash-attn", "on"}})});
  auto store = new_store(plan);
  run_all(config_for(plan), store);
  expect_order(trials_of(store), expected_order(plan));
  EXPECT_THAT(bench.threads, ElementsAre(std::this_thread::get_id()));
}

TEST_F(LanesTest, EachRunsItsOwnTrialsInThePlansOrder) {
  auto const plan = plan_on({"one", "", "two"}, {round_of("baseline"), round_of("fa", {{"flash-attn", "on"}})});
  auto store = new_store(plan);
  run_all(config_for(plan), store);
  auto const trials = trials_of(store);
  EXPECT_THAT(trials, SizeIs(expected_order(plan).size()));
  for (auto const& lane : lanes_of(plan)) expect_order(of_lane(trials, lane), of_lane(expected_order(plan), lane));
  EXPECT_THAT(lines(), SizeIs(trials.size()));
  EXPECT_THAT(listener.ended, SizeIs(trials.size()));
  EXPECT_EQ(listener.positions.back().trials_done, 30);
  EXPECT_EQ(listener.positions.back().trials_at_most, 30);
  EXPECT_THAT(listener.positions.front().left, ElementsAre(10, 10, 10));
}

TEST_F(LanesTest, AWaitHoldsNobodyElseUp) {
  auto const plan = two_phones();
  auto config = config_for(plan);
  bool waited = false;
  // The first waits before its first trial until the second has run all of its own.
  config.await_fit = [&](std::size_t executor, std::stop_token const&, auto const& notice) -> std::optional<std::string> {
    if (executor != 0 || std::exchange(waited, true)) return std::nullopt;
    notice("waits for one: too hot");
    return bench.wait_until([&] { return bench.runs[1] == 10; }) ? std::nullopt : std::optional<std::string>("held up");
  };
  auto store = new_store(plan);
  run_all(config, store);
  auto const trials = trials_of(store);
  ASSERT_THAT(trials, SizeIs(20));
  for (auto const& trial : trials) EXPECT_EQ(trial.status, Status::ok) << trial.reason;
  EXPECT_THAT(listener.notices, ElementsAre("waits for one: too hot"));
}

TEST_F(LanesTest, AnInterruptionStopsAllAndAResumedRunFinishes) {
  auto const plan = two_phones();
  auto store = new_store(plan);
  // Both are in the middle of a trial when the stop comes.
  bench.on_run = [&](std::size_t executor, protocol::Run const& run, int number) -> Bench::Answer {
    if (number < 3) return testing::Script::good(run);
    if (executor == 0 && bench.wait_until([&] { return bench.runs[1] > 3; })) stop.request_stop();
    bench.wait_until([&] { return stop.stop_requested(); });
    return testing::trouble(Status::interrupted, "cancelled", false);
  };
  auto const outcome = run_all(config_for(plan), store);
  EXPECT_EQ(outcome.ended, Ended::interrupted);
  EXPECT_EQ(outcome.stopped_because, "interrupted");
  EXPECT_THAT(trials_of(store), SizeIs(6));
  expect_nothing_left();
  stop = {};
  bench.on_run = [](std::size_t, protocol::Run const& run, int) -> Bench::Answer { return testing::Script::good(run); };
  EXPECT_EQ(run_all(config_for(plan), store).stopped_because, "3 blocks");
  for (auto const& lane : lanes_of(plan))
    expect_order(of_lane(trials_of(store), lane), of_lane(expected_order(plan), lane));
}

TEST_F(LanesTest, ADeviceThatIsLostCostsItsTrialsOnly) {
  auto const plan = two_phones();
  bench.on_run = [](std::size_t executor, protocol::Run const& run, int) -> Bench::Answer {
    if (executor == 0) return testing::trouble(Status::failed, "on one was lost", true);
    return testing::Script::good(run);
  };
  auto store = new_store(plan);
  EXPECT_EQ(run_all(config_for(plan), store).stopped_because, "3 blocks");
  auto const lanes = lanes_of(plan);
  auto const lost = of_lane(trials_of(store), lanes[0]);
  EXPECT_THAT(lost, SizeIs(2 * 3)) << "its cells are given up";
  for (auto const& trial : lost) EXPECT_EQ(trial.status, Status::failed);
  auto const kept = of_lane(trials_of(store), lanes[1]);
  expect_order(kept, of_lane(expected_order(plan), lanes[1]));
  for (auto const& trial : kept) EXPECT_EQ(trial.status, Status::ok) << trial.reason;
  EXPECT_EQ(listener.positions.back().trials_done, listener.positions.back().trials_at_most);
}

TEST_F(LanesTest, AnErrorOfTheStoreInOneEndsAll) {
  auto const plan = two_phones();
  auto store = new_store(plan);
  // The other one is in the middle of a trial that nothing but the end of the run ends.
  std::atomic<bool> cancelled = false;
  bench.on_run = [&](std::size_t executor, protocol::Run const& run, int number) -> Bench::Answer {
    if (number < 1) return testing::Script::good(run);
    if (executor == 1) {
      cancelled = bench.wait_until([&] { return bench.cancelled[1] > 0; });
      return testing::trouble(Status::interrupted, "cancelled", false);
    }
    bench.wait_until([&] { return bench.runs[1] > 1; });
    // What it is about to save is there already.
    TrialResult same;
    same.planned = of_lane(expected_order(plan), lanes_of(plan)[0])[1];
    EXPECT_TRUE(store.save(same));
    return testing::Script::good(run);
  };
  auto const outcome = run(config_for(plan), store, listener, stop.get_token());
  ASSERT_FALSE(outcome);
  EXPECT_TRUE(cancelled);
  EXPECT_FALSE(stop.stop_requested());
  EXPECT_EQ(listener.stopped_because, "");
  expect_nothing_left();
}

TEST_F(LanesTest, WhatIsThrownInOneEndsAllAndIsThrown) {
  auto const plan = two_phones();
  auto store = new_store(plan);
  bench.on_run = [&](std::size_t executor, protocol::Run const& run, int) -> Bench::Answer {
    if (executor == 1) throw std::runtime_error("out of everything");
    return testing::Script::good(run);
  };
  EXPECT_THROW((void)run(config_for(plan), store, listener, stop.get_token()), std::runtime_error);
  expect_nothing_left();
}

TEST_F(LanesTest, EachStopsWhereItsIntervalsAreNarrow) {
  auto plan = two_phones(12);
  plan.experiment.protocol.min_blocks = 2;
  plan.experiment.protocol.until_metric = "decode_tps";
  // The second's speed is another one in each trial.
  bench.on_run = [](std::size_t executor, protocol::Run const& run, int number) -> Bench::Answer {
    auto ran = testing::Script::good(run);
    if (executor == 1)
      for (auto& gap : ran.timeline.emissions.gap_ns) gap *= number % 3 + 1;
    if (executor == 1)
      for (auto& end : ran.timeline.requests.end_ns) end *= number % 3 + 1;
    return ran;
  };
  auto store = new_store(plan);
  EXPECT_EQ(run_all(config_for(plan), store).stopped_because, "12 blocks") << "the reason of the one that has most undone";
  auto const lanes = lanes_of(plan);
  EXPECT_THAT(of_lane(trials_of(store), lanes[0]), SizeIs(2 * (1 + 1 + 2)));
  EXPECT_THAT(of_lane(trials_of(store), lanes[1]), SizeIs(2 * (1 + 1 + 12)));
  // A resumed run sees the same and runs nothing.
  auto const before = trials_of(store).size();
  EXPECT_EQ(run_all(config_for(plan), store).stopped_because, "12 blocks");
  EXPECT_THAT(trials_of(store), SizeIs(before));
}

TEST_F(LanesTest, IntervalReachedWhereAllReachedIt) {
  auto plan = two_phones(12);
  plan.experiment.protocol.min_blocks = 2;
  plan.experiment.protocol.until_metric = "decode_tps";
  auto store = new_store(plan);
  EXPECT_EQ(run_all(config_for(plan), store).stopped_because, "interval reached");
}

TEST_F(LanesTest, ADeviceOnWhichNothingCanRunDecidesNoReason) {
  auto plan = two_phones();
  for (std::size_t cell : {0U, 1U}) plan.cells[cell].refused = "no";
  auto store = new_store(plan);
  EXPECT_EQ(run_all(config_for(plan), store).stopped_because, "3 blocks");
  for (auto& cell : plan.cells) cell.refused = "no";
  testing::Folder const other;
  auto const config = config_for(plan);
  auto nothing = store::Store::create(other.path, {.experiment_yaml = "", .experiment_path = "", .plan_json = plan_to_json(plan),
                                                   .environment_json = "{}", .started = "", .ended = {}, .stopped_because = {}});
  auto elsewhere = config;
  elsewhere.directory = other.path;
  EXPECT_EQ(run_all(elsewhere, *nothing).stopped_because, "no cell can run");
}

TEST_F(LanesTest, TheTimeIsOfAll) {
  auto const plan = two_phones();
  auto store = new_store(plan);
  auto config = config_for(plan);
  config.time_left_s = 0.0;
  EXPECT_EQ(run_all(config, store).stopped_because, "time budget");
  EXPECT_THAT(trials_of(store), IsEmpty());
}

TEST_F(LanesTest, EachRepeatsItsOwnCellsForATime) {
  auto plan = two_phones(1);
  plan.experiment.protocol.sustained = Sustained{.round = "baseline", .workload = "w", .seconds = 1e-9};
  bench.on_run = [&](std::size_t executor, protocol::Run const& run, int number) -> Bench::Answer {
    if (!bench.wait_until([&] { return bench.runs[1 - executor] > number; }))
      return testing::trouble(Status::failed, "the other device never began", false);
    return testing::Script::good(run);
  };
  auto store = new_store(plan);
  run_all(config_for(plan), store);
  auto const trials = trials_of(store);
  EXPECT_EQ(std::ranges::count_if(trials, [](auto const& trial) { return trial.planned.kind == TrialKind::sustained; }),
            static_cast<std::ptrdiff_t>(plan::sustained_cells(plan).size()));
  EXPECT_EQ(plan::sustained_cells(plan).size(), 2U);
  for (auto const& trial : trials) EXPECT_EQ(trial.status, Status::ok) << trial.reason;
}

}  // namespace
}  // namespace edgelab::runner
