#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "stats/estimate.hpp"
#include "stats/samples.hpp"

namespace edgelab::stats {
namespace {

using testing::bad_trial;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::plan_of;
using testing::round_of;
using testing::trial_of;

template <typename List>
auto const* find(List const& list, std::string_view name) {
  for (auto const& item : list)
    if (item.name == name) return &item;
  return static_cast<decltype(&list[0])>(nullptr);
}

Plan sample_plan() {
  auto plan = plan_of({round_of("baseline", "baseline"), round_of("fa", "parallelization", {{"flash-attn", "on"}}),
                       round_of("kv-q8", "caching", {{"cache-type-k", "q8_0"}})});
  plan.cells[2].versus = {1};
  plan.experiment.protocol.seed = 99;
  return plan;
}

TEST(Summarise, only_ok_timed_trials_are_averaged) {
  std::vector<TrialResult> trials{
      trial_of(0, 0, {{"decode_tps", 1.0}}, TrialKind::warmup),
      trial_of(0, 0, {{"decode_tps", 2.0}}, TrialKind::memory),
      trial_of(0, 0, {{"decode_tps", 100.0}}),
      trial_of(0, 1, {{"decode_tps", 110.0}}),
      trial_of(0, 2, {{"decode_tps", 150.0}}),
      bad_trial(0, 3, Status::failed, "died"),
      bad_trial(0, 4, Status::interrupted, "Ctrl-C"),
  };
  trials[5].metrics = {{"decode_tps", 7.0}};
  trials[6].metrics = {{"decode_tps", 8.0}};
  auto const cell = summarise(sample_plan(), trials).cells[0];
  auto const* decode = find(cell.metrics, "decode_tps");
  ASSERT_NE(decode, nullptr);
  EXPECT_DOUBLE_EQ(decode->mean, 120.0);
  EXPECT_DOUBLE_EQ(decode->median, 110.0);
  EXPECT_EQ(decode->n, 3);
  EXPECT_EQ(decode->unit, "tok/s");
  EXPECT_EQ(decode->better, "higher");
  // sd = sqrt(700), t(0.975, 2) = 4.302653
  ASSERT_TRUE(decode->ci95);
  EXPECT_NEAR((*decode->ci95)[1], 120.0 + 4.302653 * std::sqrt(700.0 / 3.0), 1e-4);
  EXPECT_EQ(cell.trials.ok, 3);
  EXPECT_EQ(cell.trials.failed, 1);
  EXPECT_EQ(cell.trials.warmup, 1);
}

TEST(Summarise, ratios_are_paired_within_blocks) {
  // The baseline of block 2 and the cell of block 0 have no partner.
  std::vector<TrialResult> const trials{
      trial_of(1, 0, {{"decode_tps", 900.0}}), bad_trial(0, 0, Status::oom, "killed"),
      trial_of(0, 1, {{"decode_tps", 100.0}}), trial_of(1, 1, {{"decode_tps", 200.0}}),
      trial_of(0, 2, {{"decode_tps", 1.0}}),   bad_trial(1, 2, Status::timeout, "hung"),
      trial_of(1, 3, {{"decode_tps", 160.0}}), trial_of(0, 3, {{"decode_tps", 80.0}}),
  };
  auto const summary = summarise(sample_plan(), trials);
  auto const* ratio = find(summary.cells[1].vs_baseline, "decode_tps");
  ASSERT_NE(ratio, nullptr);
  EXPECT_NEAR(ratio->ratio, 2.0, 1e-12);
  EXPECT_EQ(ratio->n, 2);
  EXPECT_THAT(summary.cells[0].vs_baseline, IsEmpty());
  EXPECT_EQ(summary.blocks, 4);
}

TEST(Summarise, versus_cells_are_compared_too) {
  std::vector<TrialResult> const trials{
      trial_of(0, 0, {{"decode_tps", 100.0}}),
      trial_of(1, 0, {{"decode_tps", 200.0}}),
      trial_of(2, 0, {{"decode_tps", 50.0}}),
  };
  auto const cell = summarise(sample_plan(), trials).cells[2];
  ASSERT_EQ(cell.versus.size(), 1u);
  EXPECT_EQ(cell.versus[0].round, "fa");
  EXPECT_NEAR(find(cell.versus[0].ratios, "decode_tps")->ratio, 0.25, 1e-12);
  EXPECT_FALSE(find(cell.versus[0].ratios, "decode_tps")->ci95);   // one block tells no interval
  EXPECT_NEAR(find(cell.vs_baseline, "decode_tps")->ratio, 0.5, 1e-12);
}

TEST(Summarise, another_executors_round_is_named_with_it) {
  auto plan = sample_plan();
  plan.experiment.executors.push_back({.id = "other", .kind = "llama", .command = {}});
  plan.cells[1].executor = plan.experiment.executors.size() - 1;
  std::vector<TrialResult> const trials{trial_of(1, 0, {{"decode_tps", 8.0}}), trial_of(2, 0, {{"decode_tps", 2.0}})};
  auto const cell = summarise(plan, trials).cells[2];
  ASSERT_EQ(cell.versus.size(), 1u);
  EXPECT_EQ(cell.versus[0].executor, "other");
}

TEST(Summarise, a_figure_that_was_nought_in_a_block_has_no_ratio) {
  std::vector<TrialResult> const trials{trial_of(0, 0, {{"goodput_rps", 4.0}}), trial_of(1, 0, {{"goodput_rps", 8.0}}),
                                        trial_of(0, 1, {{"goodput_rps", 4.0}}), trial_of(1, 1, {{"goodput_rps", 0.0}})};
  auto const cell = summarise(sample_plan(), trials).cells[1];
  EXPECT_EQ(find(cell.vs_baseline, "goodput_rps"), nullptr) << "2.0, were the block left out in which it failed";
  EXPECT_DOUBLE_EQ(find(cell.metrics, "goodput_rps")->mean, 4.0);
}

TEST(Summarise, memory_comes_from_memory_trials_alone) {
  auto timed = trial_of(0, 0, {{"decode_tps", 100.0}, {"rss_peak_bytes", 999.0}});
  timed.memory.rss_peak_bytes = 999;
  auto memory = trial_of(0, 0, {}, TrialKind::memory);
  memory.memory.rss_peak_bytes = 500;
  memory.memory.model_bytes = 300;
  auto other = memory;
  other.planned.cell = 1;
  other.memory.rss_peak_bytes = 250;
  auto const summary = summarise(sample_plan(), std::vector{timed, memory, other});
  EXPECT_EQ(find(summary.cells[0].metrics, "rss_peak_bytes")->mean, 500.0);
  EXPECT_EQ(find(summary.cells[0].metrics, "model_bytes")->mean, 300.0);
  EXPECT_EQ(find(summary.cells[0].metrics, "kv_cache_bytes"), nullptr);
  EXPECT_NEAR(find(summary.cells[1].vs_baseline, "rss_peak_bytes")->ratio, 0.5, 1e-12);

  auto const without = summarise(sample_plan(), std::vector{timed});
  EXPECT_EQ(find(without.cells[0].metrics, "rss_peak_bytes"), nullptr);
}

TEST(Summarise, normalised_latency_uses_the_baselines_length) {
  // The baseline writes 50 tokens a request; the cell stops after 10 and would look five times as fast.
  std::vector<TrialResult> const trials{
      trial_of(
          0, 0,
          {{"ttft_ms", 100.0}, {"tpot_ms", 10.0}, {"e2e_ms", 590.0}, {"system_tps", 100.0}, {"requests_per_s", 2.0}}),
      trial_of(
          1, 0,
          {{"ttft_ms", 100.0}, {"tpot_ms", 10.0}, {"e2e_ms", 190.0}, {"system_tps", 50.0}, {"requests_per_s", 5.0}}),
  };
  auto const summary = summarise(sample_plan(), trials);
  EXPECT_NEAR(find(summary.cells[0].metrics, "e2e_norm_ms")->mean, 590.0, 1e-9);
  EXPECT_NEAR(find(summary.cells[1].metrics, "e2e_norm_ms")->mean, 590.0, 1e-9);
  EXPECT_NEAR(find(summary.cells[1].vs_baseline, "e2e_norm_ms")->ratio, 1.0, 1e-12);
  EXPECT_LT(find(summary.cells[1].vs_baseline, "e2e_ms")->ratio, 0.4);
}

TEST(Summarise, status_of_a_cell) {
  auto const ok = [](int block) { return trial_of(0, block, {{"decode_tps", 1.0}}); };
  auto const bad = [](Status status, std::string reason, TrialKind kind = TrialKind::timed) {
    return bad_trial(0, 9, status, std::move(reason), kind);
  };
  struct Case {
    char const* what;
    std::vector<TrialResult> trials;
    char const* status;
    std::string reason;
  };
  for (auto const& c : std::vector<Case>{
           {"all ok", {ok(0), ok(1)}, "ok", ""},
           {"failures beside",
            {ok(0), bad(Status::timeout, "no answer in 300 s"), ok(1)},
            "ok",
            "1 of 3 trials timed out: no answer in 300 s"},
           {"mixed failures beside",
            {ok(0), bad(Status::timeout, "hung"), bad(Status::oom, "killed")},
            "ok",
            "2 of 3 trials failed: killed"},
           {"a memory trial failed",
            {ok(0), bad(Status::oom, "killed", TrialKind::memory)},
            "ok",
            "1 of 1 memory trials ran out of memory: killed"},
           {"the warm-up failed too",
            {bad(Status::failed, "died", TrialKind::warmup), ok(0), bad(Status::failed, "again")},
            "ok",
            "1 of 2 trials failed: again; 1 of 1 warm-up trials failed: died"},
           {"all failed", {bad(Status::failed, "first"), bad(Status::failed, "last")}, "failed", "last"},
           {"most timed out",
            {bad(Status::timeout, "t1"), bad(Status::timeout, "t2"), bad(Status::failed, "f")},
            "timeout",
            "t2"},
           {"as many of each: the latest", {bad(Status::timeout, "t"), bad(Status::oom, "o")}, "oom", "o"},
           {"unsupported", {bad(Status::unsupported, "no such cache type")}, "unsupported", "no such cache type"},
           {"unsupported at the warm-up", {bad(Status::unsupported, "no", TrialKind::warmup)}, "unsupported", "no"},
           {"failed and unsupported", {bad(Status::failed, "f"), bad(Status::unsupported, "u")}, "failed", "f"},
           {"a failure without a reason", {bad(Status::oom, "")}, "oom", "oom"},
           {"only a warm-up went well",
            {trial_of(0, 0, {}, TrialKind::warmup)},
            "failed",
            "not measured: the run ended before a timed trial of this cell did"},
           {"interrupted",
            {bad(Status::interrupted, "Ctrl-C")},
            "failed",
            "not measured: the run ended before a timed trial of this cell did"},
       }) {
    auto const cell = summarise(plan_of({round_of("baseline", "baseline")}), c.trials).cells[0];
    EXPECT_EQ(cell.status, c.status) << c.what;
    EXPECT_EQ(cell.reason, c.reason) << c.what;
  }
}

TEST(Summarise, a_refused_cell_is_unsupported_and_has_no_numbers) {
  auto plan = sample_plan();
  plan.cells[2].refused = "a quantised V cache needs flash-attn";
  auto const cell = summarise(plan, {}).cells[2];
  EXPECT_EQ(cell.status, "unsupported");
  EXPECT_EQ(cell.reason, "a quantised V cache needs flash-attn");
  EXPECT_THAT(cell.metrics, IsEmpty());
  EXPECT_THAT(cell.vs_baseline, IsEmpty());
}

TEST(Summarise, a_cell_with_a_failed_baseline_has_numbers_but_no_ratio) {
  auto const summary = summarise(
      sample_plan(), std::vector{bad_trial(0, 0, Status::failed, "died"), trial_of(1, 0, {{"decode_tps", 5.0}})});
  EXPECT_EQ(summary.cells[1].metrics.size(), 1u);
  EXPECT_THAT(summary.cells[1].vs_baseline, IsEmpty());
}

TEST(Summarise, head_and_flags) {
  auto first = trial_of(1, 0, {});
  auto second = trial_of(1, 1, {});
  first.in_force = {{"flash-attn", "on"}, {"threads", "4"}};
  second.in_force = {{"flash-attn", "off"}, {"threads", "4"}};
  auto const summary = summarise(sample_plan(), std::vector{first, second});
  EXPECT_EQ(summary.schema, "edge-llm-lab/summary/1");
  EXPECT_EQ(summary.experiment, "sample");
  EXPECT_EQ(summary.seed, 99u);
  EXPECT_EQ(summary.baseline, "baseline");
  ASSERT_EQ(summary.cells.size(), 3u);
  auto const& cell = summary.cells[1];
  EXPECT_EQ(cell.id, "demo/llama/extract/fa");
  EXPECT_EQ(cell.model, "demo");
  EXPECT_EQ(cell.executor, "llama");
  EXPECT_EQ(cell.workload, "extract");
  EXPECT_EQ(cell.round, "fa");
  EXPECT_EQ(cell.category, "parallelization");
  EXPECT_EQ(cell.flags.asked, (Flags{{"flash-attn", "on"}}));
  EXPECT_EQ(cell.flags.in_force, (Flags{{"flash-attn", "varied: on, off"}, {"threads", "4"}}));
}

}  // namespace
}  // namespace edgelab::stats
