#include "stats/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>

#include "stats/estimate.hpp"
#include "stats/samples.hpp"

namespace edgelab::stats {
namespace {

using testing::append;
using testing::SampleRequest;
using testing::SampleStep;
using testing::timeline_of;

std::optional<double> metric(Timeline const& timeline, std::string_view name, MemoryUse const& memory = {}) {
  return value_of(metrics_of(timeline, memory), name);
}

// Two requests. The first: 4 tokens in 3 emissions; the second: arrives 100 ms later, 3 tokens in 3 emissions.
Timeline two_requests() {
  return timeline_of({
      SampleRequest{.admitted_ms = 10,
                    .prefill_ms = 40,
                    .prompt_tokens = 100,
                    .cached_tokens = 20,
                    .emissions = {{50, 1}, {20, 1}, {40, 2}}},
      SampleRequest{.arrival_ms = 100,
                    .admitted_ms = 30,
                    .prefill_ms = 60,
                    .prompt_tokens = 50,
                    .emissions = {{90, 1}, {20, 1}, {30, 1}}},
  });
}

TEST(Metrics, known_answers) {
  auto const timeline = two_requests();
  ASSERT_TRUE(check_timeline(timeline)) << check_timeline(timeline).error().describe();
  struct Known {
    char const* name;
    double value;
  };
  // Worked by hand from the definitions. Token gaps, sorted: 20 20 20 20 30 (ms; the emission of two tokens
  // after 40 ms is two gaps of 20). Emission gaps: 20 20 30 40.
  for (auto const& [name, value] : {
           Known{"queue_ms", 20.0},
           {"ttft_ms", 70.0},
           {"prefill_tps", 130.0 / 0.100},
           {"tpot_ms", (60.0 / 3.0 + 50.0 / 2.0) / 2.0},
           {"decode_tps", 1000.0 / 22.5},
           {"itl_ms_p50", 20.0},
           {"itl_ms_p95", 28.0},
           {"itl_ms_p99", 29.6},
           {"emit_gap_ms_p50", 25.0},
           {"emit_gap_ms_p95", 38.5},
           {"emit_gap_ms_p99", 39.7},
           {"tokens_per_emit", 7.0 / 6.0},
           {"e2e_ms", (110.0 + 140.0) / 2.0},
           {"system_tps", 7.0 / 0.240},
           {"requests_per_s", 2.0 / 0.240},
           {"slots_busy", (100.0 + 110.0) / 240.0},
           {"output_tokens", 3.5},
           {"cached_prompt_tokens", 10.0},
       }) {
    auto const got = metric(timeline, name);
    ASSERT_TRUE(got) << name;
    EXPECT_NEAR(*got, value, 1e-9 * value) << name;
  }
}

TEST(Metrics, order_is_that_of_the_table) {
  MemoryUse memory;
  memory.model_bytes = 1;
  memory.rss_peak_bytes = 2;
  auto const metrics = metrics_of(two_requests(), memory);
  auto const table = metric_table();
  auto at = table.begin();
  for (auto const& m : metrics) {
    at = std::find_if(at, table.end(), [&](MetricDef const& def) { return def.name == m.name; });
    ASSERT_NE(at, table.end()) << m.name << " is not in the table, or out of its order";
  }
}

TEST(Metrics, slots_are_busy_from_admission_to_the_end) {
  // Two of three at work all the time, and one that waited in the queue for the first half.
  auto const timeline = timeline_of({
      SampleRequest{.emissions = {{100, 1}}},
      SampleRequest{.emissions = {{100, 1}}},
      SampleRequest{.admitted_ms = 50, .emissions = {{100, 1}}},
  });
  EXPECT_NEAR(*metric(timeline, "slots_busy"), 2.5, 1e-9);
}

TEST(Metrics, makespan_starts_with_the_first_arrival) {
  auto const timeline = timeline_of({SampleRequest{.arrival_ms = 5000, .emissions = {{100, 1}, {100, 1}}}});
  EXPECT_NEAR(*metric(timeline, "system_tps"), 10.0, 1e-9);
  EXPECT_NEAR(*metric(timeline, "requests_per_s"), 5.0, 1e-9);
}

TEST(Metrics, makespan_ends_with_the_last_end_and_not_with_the_last_request) {
  auto const timeline = timeline_of({
      SampleRequest{.emissions = {{1000, 10}}},
      SampleRequest{.arrival_ms = 100, .emissions = {{100, 10}}},
  });
  EXPECT_NEAR(*metric(timeline, "system_tps"), 20.0, 1e-9);
}

struct AbsentCase {
  char const* what;
  Timeline timeline;
  std::vector<std::string> absent;
  std::vector<std::string> present;
};

// What a client of somebody's endpoint sees of it.
Timeline seen_from_outside() {
  auto timeline = timeline_of({SampleRequest{.emissions = {{10, 1}, {4, 1}, {6, 2}}}, SampleRequest{.emissions = {{20, 1}}}});
  auto& rows = timeline.requests;
  rows.admitted_ns = rows.prefill_end_ns = {-1, -1};
  rows.prompt_tokens = {9, 9};
  rows.cached_tokens = {-1, -1};
  rows.retries = {0, 3};
  return timeline;
}

Timeline only_printed() {
  auto timeline = timeline_of({SampleRequest{.prefill_ms = 12}});
  auto& rows = timeline.requests;
  rows.admitted_ns = rows.prefill_end_ns = {-1};
  rows.prompt_tokens = rows.cached_tokens = {-1};
  rows.text = {"four words it printed"};
  return timeline;
}

TEST(Metrics, a_server_says_of_itself) {
  auto timeline = seen_from_outside();
  auto& rows = timeline.requests;
  rows.server_prefill_ns = {8'000'000, 18'000'000};
  rows.server_decode_ns = {9'000'000, -1};
  rows.drafted = {6, -1};
  rows.accepted = {3, -1};
  EXPECT_NEAR(*metric(timeline, "server_prefill_ms"), 13.0, 1e-9);
  EXPECT_NEAR(*metric(timeline, "server_tpot_ms"), 3.0, 1e-9) << "three gaps between four tokens";
  EXPECT_NEAR(*metric(timeline, "draft_acceptance"), 0.5, 1e-9);
  EXPECT_NEAR(*metric(timeline, "retries"), 1.5, 1e-9);
}

TEST(Metrics, what_cannot_be_computed_is_absent) {
  std::vector<std::string> const gaps{"tpot_ms",    "decode_tps",      "itl_ms_p50",      "itl_ms_p95",
                                      "itl_ms_p99", "emit_gap_ms_p50", "emit_gap_ms_p95", "emit_gap_ms_p99"};
  std::vector<std::string> const speculation{"draft_acceptance", "accepted_per_step", "step_cost_ratio"};
  std::vector<AbsentCase> const cases{
      {"a single token",
       timeline_of({SampleRequest{.prefill_ms = 5, .prompt_tokens = 9, .emissions = {{10, 1}}}}),
       gaps,
       {"ttft_ms", "e2e_ms", "prefill_tps", "system_tps"}},
      {"many tokens at once",
       timeline_of({SampleRequest{.emissions = {{10, 8}}}}),
       gaps,
       {"ttft_ms", "tokens_per_emit"}},
      {"no tokens at all",
       timeline_of({SampleRequest{.prefill_ms = 5, .prompt_tokens = 9}}),
       {"ttft_ms", "tpot_ms", "tokens_per_emit", "system_tps"},
       {"e2e_ms", "requests_per_s"}},
      {"everything at one moment",
       timeline_of({SampleRequest{.prompt_tokens = 9, .emissions = {{0, 1}, {0, 1}}}}),
       {"tpot_ms", "decode_tps", "prefill_tps", "system_tps", "requests_per_s", "slots_busy"},
       {"itl_ms_p50", "e2e_ms"}},
      {"a prompt wholly cached",
       timeline_of({SampleRequest{.prefill_ms = 1, .prompt_tokens = 9, .cached_tokens = 9, .emissions = {{2, 1}}}}),
       {"prefill_tps"},
       {"cached_prompt_tokens"}},
      {"seen from outside",
       seen_from_outside(),
       {"queue_ms", "prefill_tps", "slots_busy", "cached_prompt_tokens", "server_prefill_ms", "server_tpot_ms"},
       {"ttft_ms", "tpot_ms", "system_tps", "output_tokens", "retries"}},
      {"a text without tokens",
       only_printed(),
       {"queue_ms", "ttft_ms", "prefill_tps", "tokens_per_emit", "system_tps", "slots_busy", "output_tokens", "cached_prompt_tokens"},
       {"e2e_ms", "requests_per_s"}},
      {"no speculation", two_requests(), speculation, {}},
      {"no memory figures",
       two_requests(),
       {"model_bytes", "kv_cache_bytes", "compute_bytes", "draft_model_bytes", "draft_kv_cache_bytes", "draft_compute_bytes",
        "rss_peak_bytes"},
       {}},
      {"no baseline to compare with", two_requests(), {"e2e_norm_ms"}, {}},
  };
  for (auto const& c : cases) {
    SCOPED_TRACE(c.what);
    ASSERT_TRUE(check_timeline(c.timeline)) << check_timeline(c.timeline).error().describe();
    for (auto const& m : metrics_of(c.timeline, {})) EXPECT_TRUE(std::isfinite(m.value)) << m.name;
    for (auto const& name : c.absent) EXPECT_FALSE(metric(c.timeline, name)) << name;
    for (auto const& name : c.present) EXPECT_TRUE(metric(c.timeline, name)) << name;
  }
}

TEST(Metrics, requests_without_tokens_do_not_dilute_the_latency_of_the_others) {
  auto timeline = two_requests();
  append(timeline, SampleRequest{.prefill_ms = 5, .prompt_tokens = 9});
  EXPECT_NEAR(*metric(timeline, "ttft_ms"), 70.0, 1e-9);
  EXPECT_NEAR(*metric(timeline, "tpot_ms"), 22.5, 1e-9);
}

TEST(Metrics, speculation_from_steps) {
  auto timeline = two_requests();
  append(timeline, SampleStep{.duration_ms = 90, .prefill = 100});                                   // neither
  append(timeline, SampleStep{.duration_ms = 10, .decode = 1});
  append(timeline, SampleStep{.duration_ms = 15, .decode = 1, .drafted = 4, .accepted = 3});
  append(timeline, SampleStep{.duration_ms = 17, .decode = 1, .drafted = 4, .accepted = 0});
  append(timeline, SampleStep{.duration_ms = 99, .prefill = 8, .decode = 1, .drafted = 2, .accepted = 1});
  append(timeline, SampleStep{.duration_ms = 12, .decode = 1});
  ASSERT_TRUE(check_timeline(timeline));
  EXPECT_NEAR(*metric(timeline, "draft_acceptance"), 4.0 / 10.0, 1e-12);
  EXPECT_NEAR(*metric(timeline, "accepted_per_step"), 7.0 / 3.0, 1e-12);
  EXPECT_NEAR(*metric(timeline, "step_cost_ratio"), 16.0 / 11.0, 1e-12);
}

TEST(Metrics, nothing_accepted_is_a_measured_zero) {
  auto timeline = two_requests();
  append(timeline, SampleStep{.duration_ms = 15, .decode = 1, .drafted = 4});
  EXPECT_EQ(metric(timeline, "draft_acceptance"), 0.0);
  EXPECT_EQ(metric(timeline, "accepted_per_step"), 1.0);
  EXPECT_FALSE(metric(timeline, "step_cost_ratio"));   // no plain step to compare with
}

TEST(Metrics, memory_figures_are_taken_as_they_are) {
  MemoryUse memory;
  memory.model_bytes = 10;
  memory.kv_cache_bytes = 0;
  memory.rss_peak_bytes = std::int64_t{5} << 33;
  auto const timeline = two_requests();
  EXPECT_EQ(metric(timeline, "model_bytes", memory), 10.0);
  EXPECT_EQ(metric(timeline, "kv_cache_bytes", memory), 0.0);   // told, so a zero that was measured
  EXPECT_FALSE(metric(timeline, "compute_bytes", memory));
  EXPECT_EQ(metric(timeline, "rss_peak_bytes", memory), 42949672960.0);
}

// Percentiles of token gaps must be those of the gaps spelled out one by one, whatever the emissions' sizes.
TEST(Metrics, percentiles_agree_with_the_gaps_spelled_out) {
  std::mt19937_64 random(11);
  for (int repeat = 0; repeat < 50; ++repeat) {
    std::vector<SampleRequest> requests(1 + random() % 4);
    std::vector<double> tokens;
    std::vector<double> emissions;
    for (auto& request : requests) {
      auto const count = 2 + random() % 30;
      for (std::size_t i = 0; i < count; ++i) {
        auto const gap = static_cast<std::int64_t>(random() % 100);
        auto const size = static_cast<std::int32_t>(1 + random() % (repeat % 5 + 1));
        request.emissions.push_back({gap, size});
        if (i == 0) continue;
        emissions.push_back(static_cast<double>(gap));
        for (std::int32_t t = 0; t < size; ++t) tokens.push_back(static_cast<double>(gap) / size);
      }
    }
    auto const timeline = timeline_of(requests);
    for (auto const& [suffix, q] : {std::pair{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}}) {
      EXPECT_NEAR(*metric(timeline, std::string("itl_ms_") + suffix), quantile(tokens, q), 1e-9);
      EXPECT_NEAR(*metric(timeline, std::string("emit_gap_ms_") + suffix), quantile(emissions, q), 1e-9);
    }
  }
}

TEST(Metrics, an_emission_of_two_billion_tokens_costs_no_memory) {
  auto timeline = timeline_of({SampleRequest{.emissions = {{1, 1}, {1000, 2'000'000'000}, {1000, 2'000'000'000}}}});
  ASSERT_TRUE(check_timeline(timeline));
  EXPECT_NEAR(*metric(timeline, "itl_ms_p99"), 1000.0 / 2e9, 1e-15);
}

TEST(Metrics, a_million_emissions) {
  SampleRequest request;
  for (int i = 0; i < 1'000'000; ++i) request.emissions.push_back({i % 1000, 1 + i % 3});
  auto const timeline = timeline_of({request});
  ASSERT_TRUE(check_timeline(timeline));
  EXPECT_NEAR(*metric(timeline, "emit_gap_ms_p50"), 499.0, 1.0);
  EXPECT_NEAR(*metric(timeline, "tokens_per_emit"), 2.0, 0.001);
}

TEST(MetricTable, is_well_formed) {
  std::set<std::string_view> names;
  for (auto const& def : metric_table()) {
    EXPECT_TRUE(names.insert(def.name).second) << def.name << " twice";
    EXPECT_TRUE(def.better == "lower" || def.better == "higher") << def.name;
    EXPECT_FALSE(def.unit.empty()) << def.name;
    EXPECT_FALSE(def.formula.empty()) << def.name;
    EXPECT_EQ(def.name.ends_with("_bytes"), def.source == Source::memory) << def.name;
    EXPECT_EQ(find_metric(def.name), &def);
  }
  EXPECT_EQ(find_metric("decode_tsp"), nullptr);
}

}  // namespace
}  // namespace edgelab::stats
