// The contract of a closed loop, over random runs: so many requests are in flight as were asked for while there are any
// left, and never more; a pass begins when the one before is over.
#include <algorithm>
#include <map>
#include <random>

#include "contract/subjects.hpp"

namespace edgelab::contract {
namespace {

// When the requests of a pass arrived, rising, and ended; nanoseconds after the start of the trial.
struct Pass {
  std::vector<std::int64_t> arrivals;
  std::vector<std::int64_t> ends;
};

std::map<std::int32_t, Pass> passes_of(Timeline const& timeline) {
  std::map<std::int32_t, Pass> passes;
  std::int64_t arrival = 0;
  for (std::size_t row = 0; row < timeline.requests.id.size(); ++row) {
    arrival += timeline.requests.arrival_ns[row];
    auto& pass = passes[timeline.requests.pass[row]];
    pass.arrivals.push_back(arrival);
    pass.ends.push_back(arrival + timeline.requests.end_ns[row]);
  }
  for (auto& [number, pass] : passes) std::ranges::sort(pass.ends);
  return passes;
}

void check(Pass const& pass, std::size_t concurrency, Clockwork time) {
  for (std::size_t i = 0; i < pass.arrivals.size(); ++i) {
    if (i < concurrency) continue;
    // The request arrives at an end: the first at which one of those in flight makes room for it.
    auto const room = pass.ends[i - concurrency];
    EXPECT_GE(pass.arrivals[i], room) << "request " << i << " made more than " << concurrency << " in flight";
    if (time == Clockwork::virtual_) {
      EXPECT_EQ(pass.arrivals[i], room) << "request " << i << " was kept waiting outside";
    }
  }
}

using InFlight = Contract;

TEST_P(InFlight, AsManyAsAskedForAndNoMore) {
  auto executor = start();
  ASSERT_TRUE(executor);
  std::mt19937_64 random(20);
  auto const from_to = [&](int low, int high) { return low + static_cast<int>(random() % static_cast<unsigned>(high - low + 1)); };
  for (int draw = 0; draw < 12; ++draw) {
    std::vector<protocol::TrialRequest> requests;
    for (int i = from_to(1, 9); i > 0; --i) requests.push_back(request("r" + std::to_string(i), from_to(1, 12)));
    auto run = run_of(std::move(requests));
    run.concurrency = from_to(1, 6);
    run.seed = random();
    run.min_tokens = from_to(0, 1) * 80;   // often more than one pass
    auto const outcome = executor->run(run, plenty, {});
    ASSERT_TRUE(outcome) << outcome.error().reason;

    SCOPED_TRACE("draw " + std::to_string(draw));
    auto const passes = passes_of(outcome->timeline);
    std::int64_t over = 0;
    for (auto const& [number, pass] : passes) {
      SCOPED_TRACE("pass " + std::to_string(number));
      EXPECT_EQ(pass.arrivals.size(), run.requests.size());
      EXPECT_GE(pass.arrivals.front(), over) << "began before the pass before was over";
      check(pass, static_cast<std::size_t>(run.concurrency), GetParam().time);
      over = pass.ends.back();
    }
  }
}

TEST_P(InFlight, ATurnArrivesWhenTheOneBeforeHasEnded) {
  auto executor = start();
  ASSERT_TRUE(executor);
  if (!std::ranges::contains(executor->hello().abilities, "after")) GTEST_SKIP() << "its hello does not say that it can";
  std::mt19937_64 random(21);
  for (int draw = 0; draw < 8; ++draw) {
    SCOPED_TRACE("draw " + std::to_string(draw));
    bool const open = draw % 2 == 1;
    std::vector<protocol::TrialRequest> requests;
    std::map<std::string, std::string> before;
    for (int talk = 0; talk < 4; ++talk) {
      for (unsigned turn = 0; turn <= random() % 3; ++turn) {
        auto const id = std::to_string(talk) + "/" + std::to_string(turn);
        auto& one = requests.emplace_back(request(id, 1 + static_cast<int>(random() % 6)));
        if (turn == 0 && open) one.arrival_us = static_cast<std::int64_t>(random() % 3000);
        if (turn == 0) continue;
        before[id] = requests[requests.size() - 2].id;
        one.after = before[id];
      }
    }
    auto run = run_of(requests);
    run.concurrency = 1 + static_cast<int>(random() % 3);
    auto const outcome = executor->run(run, plenty, {});
    ASSERT_TRUE(outcome) << outcome.error().reason;

    auto const& rows = outcome->timeline.requests;
    std::map<std::string, std::pair<std::int64_t, std::int64_t>> times;   // of the first pass: arrival, end
    std::int64_t arrival = 0;
    for (std::size_t row = 0; row < rows.id.size() && rows.pass[row] == 0; ++row) {
      arrival += rows.arrival_ns[row];
      times[rows.id[row]] = {arrival, arrival + rows.end_ns[row]};
    }
    EXPECT_EQ(times.size(), requests.size());
    for (auto const& [id, earlier] : before) {
      EXPECT_GE(times[id].first, times[earlier].second) << id;
      if (GetParam().time == Clockwork::virtual_) {
        EXPECT_EQ(times[id].first, times[earlier].second) << id;
      }
    }
    if (open) continue;
    for (auto const& [id, own] : times) {
      auto const in_flight = std::ranges::count_if(times, [&](auto const& other) {
        return other.second.first <= own.first && other.second.second > own.first;
      });
      EXPECT_LE(in_flight, run.concurrency) << "when " << id << " arrived";
    }
  }
}

TEST_P(InFlight, ATurnOfNothingIsRefused) {
  auto executor = start();
  ASSERT_TRUE(executor);
  if (!std::ranges::contains(executor->hello().abilities, "after")) GTEST_SKIP() << "its hello does not say that it can";
  auto run = run_of({request("a", 2), request("b", 2)});
  run.requests[1].after = "nobody";
  auto const outcome = executor->run(run, plenty, {});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().status, Status::failed);
  EXPECT_NE(outcome.error().reason.find("nobody"), std::string::npos) << outcome.error().reason;
}

INSTANTIATE_TEST_SUITE_P(Executors, InFlight, ::testing::ValuesIn(subjects()),
                         [](auto const& one) { return test_name(one.param); });

}  // namespace
}  // namespace edgelab::contract
