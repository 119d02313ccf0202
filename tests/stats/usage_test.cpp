// Usage -> metrics, with known answers.
#include "stats/usage.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "stats/metrics.hpp"
#include "stats/samples.hpp"

namespace edgelab::stats {
namespace {

using testing::append;
using testing::SampleStep;
using testing::timeline_of;

// Two requests one after the other, five tokens each, 10 ms a token.
Timeline sequential() {
  return timeline_of({{.prompt_tokens = 100, .emissions = {{10}, {10}, {10}, {10}, {10}}},
                      {.arrival_ms = 50, .prompt_tokens = 200, .emissions = {{10}, {10}, {10}, {10}, {10}}}});
}

TEST(UsageMetrics, per_second_and_per_token) {
  Usage usage{.window_s = 2.0, .exchange_s = 4.0};
  usage.cpu_s = 3.0;
  usage.major_faults = 4.0;
  usage.minor_faults = 10.0;
  usage.voluntary_switches = 100.0;
  usage.involuntary_switches = 8.0;
  usage.others_busy_cores = 0.25;
  usage.cpu_mhz = 3000.0;
  usage.temp_mean_c = 60.0;
  usage.temp_max_c = 65.0;
  usage.throttled = true;
  usage.energy_j = 50.0;
  auto const metrics = usage_metrics(usage, {.idle_w = 5.0}, sequential());
  std::vector<Metric> const expected{{"cpu_util", 1.5},
                                     {"cpu_ms_per_token", 300.0},
                                     {"major_faults", 2.0},
                                     {"minor_faults", 5.0},
                                     {"voluntary_switches", 25.0},
                                     {"involuntary_switches", 2.0},
                                     {"others_busy_cores", 0.25},
                                     {"cpu_mhz", 3000.0},
                                     {"temp_c", 60.0},
                                     {"temp_max_c", 65.0},
                                     {"throttled", 1.0},
                                     {"energy_j", 50.0},
                                     {"energy_net_j", 40.0},
                                     {"power_w", 25.0},
                                     {"j_per_token", 5.0}};
  ASSERT_EQ(metrics.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(metrics[i].name, expected[i].name);
    EXPECT_DOUBLE_EQ(metrics[i].value, expected[i].value) << expected[i].name;
    ASSERT_NE(find_metric(metrics[i].name), nullptr) << metrics[i].name;
    EXPECT_EQ(find_metric(metrics[i].name)->source, Source::timeline);
  }
}

TEST(UsageMetrics, absent_is_absent_and_zero_is_zero) {
  EXPECT_TRUE(usage_metrics({}, {}, sequential()).empty());
  Usage usage{.window_s = 1.0, .exchange_s = 1.0};
  usage.major_faults = 0.0;
  usage.throttled = false;
  usage.energy_j = 3.0;
  auto const metrics = usage_metrics(usage, {}, {});
  EXPECT_EQ(value_of(metrics, "major_faults"), 0.0);
  EXPECT_EQ(value_of(metrics, "throttled"), 0.0);
  EXPECT_FALSE(value_of(metrics, "energy_net_j"));    // no idle baseline
  EXPECT_FALSE(value_of(metrics, "j_per_token"));     // no token
  EXPECT_TRUE(memory_usage_metrics({}).empty());
}

TEST(UsageMetrics, of_memory) {
  Usage usage;
  usage.rss_mean_bytes = 1.0;
  usage.pss_peak_bytes = 2.0;
  usage.pss_mean_bytes = 3.0;
  usage.swap_peak_bytes = 0.0;
  for (auto const& metric : memory_usage_metrics(usage)) {
    ASSERT_NE(find_metric(metric.name), nullptr) << metric.name;
    EXPECT_EQ(find_metric(metric.name)->source, Source::memory);
  }
  EXPECT_EQ(memory_usage_metrics(usage).size(), 4U);
}

MemoryUse sizes() {
  MemoryUse memory;
  memory.model_bytes = 1'000'000;
  memory.kv_cache_bytes = 400'000;
  return memory;
}

TEST(BandwidthUse, a_pass_reads_the_weights_and_the_filled_part_of_the_cache) {
  // On average a request's context is its prompt and half of its answer: (102.5 + 202.5) / 2 = 152.5 of 1000 tokens.
  double const bytes = 1'000'000 + 0.1525 * 400'000;
  auto const share = bandwidth_use(sequential(), sizes(), 1000.0, {.memory_bytes_per_s = 1e9});
  ASSERT_TRUE(share);
  EXPECT_NEAR(*share, bytes / 0.010 / 1e9, 1e-12);
}

TEST(BandwidthUse, steps_count_passes_where_there_are_some) {
  auto timeline = sequential();
  append(timeline, SampleStep{.duration_ms = 500, .prefill = 100, .decode = 1});    // reads a prompt too
  append(timeline, SampleStep{.duration_ms = 20, .decode = 2});
  append(timeline, SampleStep{.duration_ms = 30, .decode = 2, .drafted = 4, .accepted = 3});
  // Two passes in 50 ms, of two sequences each, so the cache holds twice a context.
  double const bytes = 1'000'000 + 0.305 * 400'000;
  EXPECT_NEAR(*bandwidth_use(timeline, sizes(), 1000.0, {.memory_bytes_per_s = 1e9}), 2.0 * bytes / 0.050 / 1e9, 1e-12);
  // More than the cache has room for is all of it.
  EXPECT_NEAR(*bandwidth_use(timeline, sizes(), 100.0, {.memory_bytes_per_s = 1e9}), 2.0 * 1'400'000 / 0.050 / 1e9,
              1e-12);
}

TEST(BandwidthUse, absent_where_a_size_or_the_passes_are_unknown) {
  MachineRates const machine{.memory_bytes_per_s = 1e9};
  EXPECT_FALSE(bandwidth_use(sequential(), sizes(), 1000.0, {}));
  EXPECT_FALSE(bandwidth_use(sequential(), sizes(), {}, machine));
  auto without = sizes();
  without.model_bytes.reset();
  EXPECT_FALSE(bandwidth_use(sequential(), without, 1000.0, machine));
  without = sizes();
  without.kv_cache_bytes.reset();
  EXPECT_FALSE(bandwidth_use(sequential(), without, 1000.0, machine));
  // Several tokens at once, or two requests at once: an emission is no pass.
  EXPECT_FALSE(bandwidth_use(timeline_of({{.emissions = {{10}, {10, 3}}}}), sizes(), 1000.0, machine));
  EXPECT_FALSE(bandwidth_use(timeline_of({{.emissions = {{10}, {10}}}, {.arrival_ms = 5, .emissions = {{10}, {10}}}}),
                             sizes(), 1000.0, machine));
  EXPECT_FALSE(bandwidth_use(timeline_of({{.emissions = {{10}}}}), sizes(), 1000.0, machine));
}

}  // namespace
}  // namespace edgelab::stats
