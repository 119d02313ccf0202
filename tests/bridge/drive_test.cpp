// Requests as they arrive, asked of a backend that answers when the test wants.
#include "bridge/drive.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <map>
#include <thread>

namespace edgelab::bridge {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;

// Two tokens for every request, after as long as it takes.
class Steady final : public Trial {
 public:
  explicit Steady(std::chrono::microseconds each) : each_(each) {}

  Outcome<void> begin_pass() override {
    ++passes;
    EXPECT_EQ(under_way_.load(), 0) << "a pass begins when the last has ended";
    return {};
  }
  void ask(std::size_t request, std::size_t, Asking& asking) override {
    auto const now_under_way = ++under_way_;
    for (auto most = most_under_way.load(); most < now_under_way && !most_under_way.compare_exchange_weak(most, now_under_way);) {
    }
    // However late others are woken up on a loaded machine.
    auto const patience = Clock::now() + 30s;
    while (most_under_way < together && Clock::now() < patience && !asking.cancelled()) std::this_thread::sleep_for(100us);
    for (int token = 0; token < 2 && !asking.cancelled(); ++token) {
      auto const until = Clock::now() + each_;
      while (Clock::now() < until && !asking.cancelled()) std::this_thread::sleep_for(100us);
      asking.heard(Clock::now(), 1);
    }
    asking.answer.finish = static_cast<int>(request) == fails ? "error: as asked" : "length";
    --under_way_;
  }
  void interrupt(std::size_t) override { ++interrupts; }
  Outcome<protocol::Done> end() override { return protocol::Done{}; }

  std::atomic<int> passes = 0;
  std::atomic<int> most_under_way = 0;
  std::atomic<int> interrupts = 0;
  int fails = -1;
  int together = 0;      // none goes on before so many have been under way at once

 private:
  std::chrono::microseconds each_;
  std::atomic<int> under_way_ = 0;
};

protocol::Run run_of(int requests, std::int32_t concurrency) {
  protocol::Run run;
  for (int i = 0; i < requests; ++i) {
    protocol::TrialRequest one;
    one.id = "r" + std::to_string(i);
    one.prompt = "x";
    run.requests.push_back(std::move(one));
  }
  run.concurrency = concurrency;
  return run;
}

TEST(Drive, ClosedLoopKeepsSoManyInFlight) {
  Steady trial(500us);
  trial.together = 3;
  Stop const stop;
  auto const run = run_of(12, 3);
  auto const recording = drive(run, trial, stop, {});
  ASSERT_TRUE(recording);
  EXPECT_EQ(recording->requests.size(), 12U);
  EXPECT_EQ(trial.most_under_way, 3);
  auto const timeline = timeline_of(*recording);
  EXPECT_THAT(timeline.requests.arrival_ns, Each(::testing::Ge(0)));
  EXPECT_THAT(timeline.requests.emissions, Each(2));
  EXPECT_EQ(timeline.emissions.tokens.size(), 24U);
  EXPECT_THAT(timeline.requests.admitted_ns, Each(-1)) << "nobody told";
  EXPECT_TRUE(timeline.requests.retries.empty());
  EXPECT_TRUE(timeline.token_ids.empty());
}

TEST(Drive, OpenLoopAsksAtItsTimeHoweverManyAreUnderWay) {
  Steady trial(20ms);
  trial.together = 5;
  Stop const stop;
  auto run = run_of(5, 1);
  for (std::size_t i = 0; i < run.requests.size(); ++i)
    run.requests[i].arrival_us = static_cast<std::int64_t>(1000 * (i + 1));
  auto const recording = drive(run, trial, stop, {});
  ASSERT_TRUE(recording);
  EXPECT_EQ(trial.most_under_way, 5);
  auto const timeline = timeline_of(*recording);
  EXPECT_THAT(timeline.requests.arrival_ns, Each(1'000'000));
}

TEST(Drive, PassesUntilBothAreReached) {
  Steady trial(100us);
  Stop const stop;
  auto run = run_of(2, 1);
  run.min_tokens = 10;
  auto const recording = drive(run, trial, stop, {});
  ASSERT_TRUE(recording);
  EXPECT_EQ(trial.passes, 3) << "four tokens a pass";
  EXPECT_EQ(recording->requests.back().pass, 2);
}

TEST(Drive, AFailureIsTheLastPass) {
  Steady trial(100us);
  trial.fails = 1;
  Stop const stop;
  auto run = run_of(3, 1);
  run.min_s = 3600;
  auto const recording = drive(run, trial, stop, {});
  ASSERT_TRUE(recording);
  EXPECT_EQ(recording->requests.size(), 3U) << "passes are whole all the same";
  EXPECT_EQ(recording->requests[1].answer.finish, "error: as asked");
}

TEST(Drive, ACancelEndsAllThatIsUnderWay) {
  Steady trial(10s);
  Stop stop;
  stop.begin(5);
  auto const run = run_of(4, 4);
  std::jthread const other([&] {
    std::this_thread::sleep_for(20ms);
    stop.cancel(5);
  });
  auto const recording = drive(run, trial, stop, {});
  ASSERT_FALSE(recording);
  EXPECT_EQ(recording.error().kind, "cancelled");
  EXPECT_GE(trial.interrupts, 4);
}

TEST(Drive, ACancelDoesNotWaitForWhatIsYetToArrive) {
  Steady trial(100us);
  Stop stop;
  stop.begin(5);
  auto run = run_of(2, 1);
  run.requests[0].arrival_us = 0;
  run.requests[1].arrival_us = std::int64_t{3600} * 1'000'000;
  std::jthread const other([&] {
    std::this_thread::sleep_for(20ms);
    stop.cancel(5);
  });
  auto const recording = drive(run, trial, stop, {});     // an hour, were it waited for
  ASSERT_FALSE(recording);
  EXPECT_EQ(recording.error().kind, "cancelled");
}

TEST(Drive, ACancelledRequestEndsAloneAndStaysAway) {
  Steady trial(2ms);
  Stop stop;
  stop.begin(5);
  stop.cancel_request(5, "r1");
  stop.cancel_request(4, "r0");
  auto run = run_of(3, 1);
  run.min_tokens = 8;
  std::map<std::string, int> heard;
  auto const recording =
      drive(run, trial, stop,
            {.on_emission = [&](std::string const& id, std::int32_t n) { heard[id] += n; }, .on_progress = {}});
  ASSERT_TRUE(recording);
  for (auto const& row : recording->requests)
    EXPECT_EQ(row.answer.finish, row.id == "r1" ? "cancelled" : "length") << row.id << " in pass " << row.pass;
  EXPECT_EQ(heard, (std::map<std::string, int>{{"r0", 4}, {"r2", 4}}));
}

TEST(Drive, AdmissionIsWhatTheServerSaysLessWhatTheClientSaw) {
  RequestRecord record{
      .id = "a", .pass = 0, .arrival = Clock::time_point{100ms}, .end = Clock::time_point{140ms}, .answer = {}};
  record.answer.emissions = {{Clock::time_point{120ms}, 1}, {Clock::time_point{140ms}, 2}};
  record.answer.server_prefill = 15ms;
  record.answer.token_ids = {1, 2, 3};
  auto const timeline = timeline_of({.start = Clock::time_point{90ms}, .requests = {record}});
  EXPECT_EQ(timeline.requests.arrival_ns.front(), 10'000'000);
  EXPECT_EQ(timeline.requests.admitted_ns.front(), 5'000'000);
  EXPECT_EQ(timeline.requests.prefill_end_ns.front(), 15'000'000);
  EXPECT_EQ(timeline.emissions.gap_ns, (std::vector<std::int64_t>{20'000'000, 20'000'000}));
  EXPECT_EQ(timeline.token_ids.size(), 3U);
  record.answer.server_prefill = 25ms;      // two clocks, rounded
  EXPECT_EQ(timeline_of({.start = {}, .requests = {record}}).requests.admitted_ns.front(), 0);
}

}  // namespace
}  // namespace edgelab::bridge
