// What a sampler saw of a trial, as the trial's metrics.
#include <gtest/gtest.h>

#include <chrono>

#include "course/messages.hpp"
#include "course/verdict.hpp"
#include "runner/fakes.hpp"
#include "runner/trial.hpp"
#include "stats/metrics.hpp"

namespace edgelab::runner {
namespace {

using namespace std::chrono_literals;

struct UsageOfATrial : ::testing::Test {
  Clock::time_point const end = Clock::now();
  Plan plan = testing::plan_of({testing::round_of("baseline")}, 1);
  TrialResult trial(TrialKind kind) {
    auto const planned = PlannedTrial{.kind = kind};
    auto ran = testing::Script::good(course::run_message(plan, planned));
    return course::judge(plan, planned,
                         {.done = std::move(ran.done),
                          .timeline = std::move(ran.timeline),
                          .rss_peak_bytes = ran.rss_peak_bytes,
                          .loaded_model_bytes = {}});
  }
  // Ten seconds before the end; half a core of the tree, ten watts.
  probe::Trace trace() const {
    probe::Trace made;
    for (int i = 0; i <= 100; ++i)
      made.samples.push_back({.at = end - 10s + i * 100ms,
                              .tree = probe::TreeUse{.cpu_s = 0.05 * i, .processes = 2, .rss_bytes = 5'000'000},
                              .pss_bytes = 4'000'000,
                              .energy_j = 1.0 * i});
    return made;
  }
};

TEST_F(UsageOfATrial, the_window_is_the_timelines_and_ends_when_that_came) {
  // Two requests: the second arrives 60 ms after the first and takes 50 ms. Too short to tell power; ten of them are not.
  auto timed = trial(TrialKind::timed);
  auto& requests = timed.timeline.requests;
  requests.arrival_ns[0] = 3'000'000'000;  // after the start: nothing runs before
  requests.arrival_ns[1] = 1'950'000'000;
  add_usage(timed, trace(), end, {.idle_w = 4.0});
  EXPECT_NEAR(*stats::value_of(timed.metrics, "energy_j"), 20.0, 1e-6);
  EXPECT_NEAR(*stats::value_of(timed.metrics, "power_w"), 10.0, 1e-6);
  EXPECT_NEAR(*stats::value_of(timed.metrics, "energy_net_j"), 12.0, 1e-6);
  EXPECT_NEAR(*stats::value_of(timed.metrics, "cpu_util"), 0.5, 1e-6);
  EXPECT_FALSE(stats::value_of(timed.metrics, "pss_peak_bytes"));
  EXPECT_TRUE(stats::value_of(timed.metrics, "decode_tps"));
  EXPECT_FALSE(stats::value_of(timed.metrics, "mbu"));  // no sizes
}

TEST_F(UsageOfATrial, peaks_of_helpers_are_added_and_samples_are_a_lower_bound) {
  auto memory = trial(TrialKind::memory);
  ASSERT_EQ(memory.memory.rss_peak_bytes, 1'000'000);
  auto with_helpers = trace();
  for (auto& sample : with_helpers.samples) sample.tree->rss_bytes = 1'200'000;
  with_helpers.helpers_peak_bytes = 500'000;
  add_usage(memory, with_helpers, end, {});
  EXPECT_EQ(memory.memory.rss_peak_bytes, 1'500'000);
  EXPECT_EQ(stats::value_of(memory.metrics, "rss_peak_bytes"), 1'500'000.0);
  EXPECT_EQ(stats::value_of(memory.metrics, "rss_mean_bytes"), 1'200'000.0);
  EXPECT_EQ(stats::value_of(memory.metrics, "pss_peak_bytes"), 4'000'000.0);

  // Helpers that have gone by the end are seen by samples alone.
  auto gone = trial(TrialKind::memory);
  add_usage(gone, trace(), end, {});
  EXPECT_EQ(gone.memory.rss_peak_bytes, 5'000'000);
  // Where the system does not tell a peak, a sample is none.
  auto untold = trial(TrialKind::memory);
  untold.memory.rss_peak_bytes.reset();
  add_usage(untold, trace(), end, {});
  EXPECT_FALSE(untold.memory.rss_peak_bytes);
}

TEST_F(UsageOfATrial, the_share_of_bandwidth_where_all_sizes_are_known) {
  auto timed = trial(TrialKind::timed);
  timed.memory.model_bytes = 1'000'000;
  timed.memory.kv_cache_bytes = 1'000'000;
  timed.in_force["n-ctx"] = "100";
  add_usage(timed, trace(), end, {.memory_bytes_per_s = 1e9});
  // 10 ms a token; contexts of 5 prompt tokens and half of 4.
  EXPECT_NEAR(*stats::value_of(timed.metrics, "mbu"), (1'000'000 + 0.07 * 1'000'000) / 0.010 / 1e9, 1e-9);
  auto unknown = trial(TrialKind::timed);
  unknown.memory = timed.memory;
  unknown.in_force["n-ctx"] = "unknown";
  add_usage(unknown, trace(), end, {.memory_bytes_per_s = 1e9});
  EXPECT_FALSE(stats::value_of(unknown.metrics, "mbu"));
}

}  // namespace
}  // namespace edgelab::runner
