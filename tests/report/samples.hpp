// A summary with everything in it that reports must tell apart. Numbers are made up.
#pragma once

#include <string>
#include <vector>

#include "report/audit_samples.hpp"
#include "report/findings_samples.hpp"
#include "types/summary.hpp"

namespace edgelab::testing {

inline void add_metric(CellSummary& cell, std::string name, std::string unit, std::string better, double mean,
                       double half_width, std::int32_t n) {
  MetricSummary metric;
  metric.name = std::move(name);
  metric.unit = std::move(unit);
  metric.better = std::move(better);
  metric.mean = mean;
  metric.median = mean * 0.9921875;
  if (n > 1) metric.ci95 = {mean - half_width, mean + half_width};
  metric.n = n;
  if (n > 5) metric.median_ci95 = {mean * 0.984375, mean * 1.015625};
  if (n > 4) metric.drift = DriftSummary{.change = 1.0078125, .p = 0.5};
  cell.metrics.push_back(metric);
}

inline RatioSummary ratio_of(std::string name, double ratio, double low, double high, std::int32_t n) {
  RatioSummary summary;
  summary.name = std::move(name);
  summary.ratio = ratio;
  summary.n = n;
  if (n < 2) return summary;
  summary.ci95 = {low, high};
  if (n > 4) summary.ci95_bootstrap = {ratio - (ratio - low) * 0.875, ratio + (high - ratio) * 0.875};
  summary.p = low <= 1.0 && high >= 1.0 ? 0.375 : 0.0009765625;
  summary.p_adjusted = *summary.p * 2.0;
  summary.detectable = 1.0 + (high - low) * 0.6875;
  return summary;
}

inline CellSummary cell_of(std::string workload, std::string round, std::string category) {
  CellSummary cell;
  cell.id = "demo/llama/" + workload + "/" + round;
  cell.model = "demo";
  cell.executor = "llama";
  cell.workload = std::move(workload);
  cell.round = std::move(round);
  cell.category = std::move(category);
  cell.status = "ok";
  cell.trials = {.ok = 10, .failed = 0, .warmup = 1};
  cell.flags.in_force = {{"cache-type-k", "f16"}, {"flash-attn", "off"}, {"n_ctx", "512"}, {"threads", "4"}};
  return cell;
}

// The metrics of a cell that decodes `speed` times as fast as the baseline.
inline void add_metrics(CellSummary& cell, double speed, std::int32_t n = 10) {
  add_metric(cell, "ttft_ms", "ms", "lower", 21.5 / speed, 0.25, n);
  add_metric(cell, "decode_tps", "tok/s", "higher", 182.25 * speed, 2.5, n);
  add_metric(cell, "e2e_norm_ms", "ms", "lower", 548.0 / speed, 4.0, n);
  add_metric(cell, "kv_cache_bytes", "B", "lower", 4718592.0, 0.0, 1);
  add_metric(cell, "rss_peak_bytes", "B", "lower", 98566144.0, 0.0, 1);
}

inline void compare(CellSummary& cell, double ratio, double low, double high, std::int32_t n = 10) {
  cell.vs_baseline = {
      ratio_of("ttft_ms", 1.0 / ratio, 1.0 / high, 1.0 / low, n),
      ratio_of("decode_tps", ratio, low, high, n),
      ratio_of("e2e_norm_ms", 1.0 / ratio, 1.0 / high, 1.0 / low, n),
      ratio_of("kv_cache_bytes", 1.0, 1.0, 1.0, 1),
      ratio_of("rss_peak_bytes", 1.0, 1.0, 1.0, 1),
  };
}

// Throttled in two of ten blocks, and waited for in three.
inline ThermalSummary sample_thermal() {
  return {.blocks_watched = 10,
          .throttled_blocks = {2, 6},
          .hottest_c = 94.5,
          .cool_down =
              CoolDownSummary{.target_c = 58.25, .waits = 3, .waited_s = 190.0, .longest_s = 120.0, .not_reached = 1}};
}

// A cell that slows down as it gets warm.
inline SustainedSummary sample_sustained() {
  SustainedSummary cell;
  cell.cell = "demo/llama/extract/fa";
  cell.metric = "decode_tps";
  cell.unit = "tok/s";
  cell.seconds = 600.0;
  cell.windows = {{.from_s = 0.0,
                   .to_s = 300.0,
                   .trials = 2,
                   .value = 182.25,
                   .temp_c = 61.5,
                   .cpu_mhz = 3600.0,
                   .power_w = 15.25,
                   .throttled = 0.0},
                  {.from_s = 300.0,
                   .to_s = 600.0,
                   .trials = 2,
                   .value = 121.5,
                   .temp_c = 94.5,
                   .cpu_mhz = 2400.0,
                   .power_w = {},
                   .throttled = 0.5}};
  cell.ratio = 0.6666666666666666;
  cell.ci95 = {0.625, 0.6875};
  cell.points = {{.at_s = 0.0, .value = 182.0, .temp_c = 60.5, .cpu_mhz = 3600.0, .power_w = 15.25, .throttled = false},
                 {.at_s = 450.5, .value = 121.0, .temp_c = {}, .cpu_mhz = {}, .power_w = {}, .throttled = true}};
  return cell;
}

inline Summary sample_summary() {
  Summary summary;
  summary.experiment = "kv-cache-and-speculation";
  summary.started = "2026-01-31T12:00:00.123Z";
  summary.ended = "2026-01-31T12:14:30.500Z";
  summary.stopped_because = "interval reached";
  summary.seed = 7;
  summary.blocks = 10;
  summary.baseline = "baseline";
  summary.t_level = 0.955;
  summary.false_discoveries.comparisons = 19;

  auto baseline = cell_of("extract", "baseline", "baseline");
  add_metrics(baseline, 1.0);
  baseline.metrics[1].drift = DriftSummary{.change = 0.875, .p = 0.000030517578125};
  summary.cells.push_back(baseline);

  auto lookup = cell_of("extract", "lookup", "speculative");    // out of its category's order in the file
  lookup.flags.asked = {{"prompt-lookup", "on"}};
  lookup.flags.in_force["prompt-lookup"] = "on";
  add_metrics(lookup, 1.5);
  compare(lookup, 1.5, 1.45, 1.5517241379310345);
  summary.cells.push_back(lookup);

  auto kv = cell_of("extract", "kv-q8", "caching");
  kv.flags.asked = {{"cache-type-k", "q8_0"}, {"cache-type-v", "q8_0"}, {"flash-attn", "on"}};
  kv.flags.in_force = {
      {"cache-type-k", "q8_0"}, {"cache-type-v", "unknown"}, {"flash-attn", "on"}, {"n_ctx", "768"}, {"threads", "4"}};
  add_metrics(kv, 0.875);
  compare(kv, 0.875, 0.85, 0.9);
  kv.vs_baseline[3] = ratio_of("kv_cache_bytes", 0.53125, 0.0, 0.0, 1);
  kv.versus = {{"fa", {ratio_of("ttft_ms", 1.25, 1.2, 1.3, 10), ratio_of("decode_tps", 0.75, 0.7, 0.8, 10)}}};
  summary.cells.push_back(kv);

  auto fa = cell_of("extract", "fa", "parallelization");
  fa.flags.asked = {{"flash-attn", "on"}};
  add_metrics(fa, 1.003);
  compare(fa, 1.003, 1.001, 1.005);
  fa.vs_baseline[2].p_adjusted = 0.125;
  fa.vs_baseline[1].drift = DriftSummary{.change = 0.96875, .p = 0.0001220703125};
  fa.metrics[0].outliers = {{.block = 3, .value = 86.0}};
  fa.status = "ok";
  fa.trials = {.ok = 8, .failed = 2, .warmup = 1};
  fa.reason = "2 of 10 trials timed out: no answer within 300 s";
  summary.cells.push_back(fa);

  auto same = cell_of("extract", "no-mmap", "memory");
  add_metrics(same, 1.0);
  compare(same, 1.01, 0.98, 1.04);
  same.vs_baseline[1].ci95_bootstrap = {1.001, 1.03};
  same.vs_baseline[4] = ratio_of("rss_peak_bytes", 1.0, 1.0, 1.0, 2);
  summary.cells.push_back(same);

  auto draft = cell_of("extract", "draft", "speculative");
  draft.flags.asked = {{"speculative-decoding", "draft"}};
  draft.flags.in_force = {};
  draft.status = "unsupported";
  draft.reason = "speculative-decoding: this executor cannot do it yet";
  draft.trials = {};
  summary.cells.push_back(draft);

  auto broken = cell_of("extract", "kv-q4|\"odd\", name", "caching");
  broken.flags.in_force = {};
  broken.status = "failed";
  broken.reason = "the executor died (signal 6):\nggml.c:123: GGML_ASSERT(\"a | b\") failed, <abort> `here`";
  broken.trials = {.ok = 0, .failed = 10, .warmup = 1};
  summary.cells.push_back(broken);

  auto serve = cell_of("serve", "baseline", "baseline");
  add_metrics(serve, 0.5);
  add_metric(serve, "system_tps", "tok/s", "higher", 320.5, 3.25, 10);
  summary.cells.push_back(serve);

  auto batching = cell_of("serve", "cont-batching", "parallelization");
  batching.flags.asked = {{"cont-batching", "on"}};
  batching.flags.in_force["cont-batching"] = "off";
  add_metrics(batching, 0.4);
  add_metric(batching, "system_tps", "tok/s", "higher", 641.0, 5.5, 10);
  compare(batching, 0.8, 0.78, 0.82);
  batching.vs_baseline.push_back(ratio_of("system_tps", 2.0, 1.95, 2.0512820512820511, 10));
  summary.cells.push_back(batching);
  summary.across_executors = sample_across();
  summary.effects = {sample_effects()};
  summary.pareto = {sample_pareto()};
  summary.quality = sample_quality();
  summary.equivalence = sample_equivalence();
  summary.divergence = sample_divergence();
  summary.judge = sample_judge();
  summary.unscored = {{"demo/llama/extract/draft", "choices", "unsupported", "it has no model to score with"}};
  summary.thermal = sample_thermal();
  summary.sustained = {sample_sustained()};
  summary.audit = AuditSummary{.audit = sample_audit(), .differences = {}};
  return summary;
}

// One block, and a baseline that failed in one of two workloads.
inline Summary small_summary() {
  Summary summary;
  summary.experiment = "small";
  summary.stopped_because = "1 blocks";
  summary.seed = 18446744073709551615U;
  summary.blocks = 1;
  summary.baseline = "plain";
  auto plain = cell_of("a", "plain", "baseline");
  add_metrics(plain, 1.0, 1);
  auto fast = cell_of("a", "fast", "custom");
  add_metrics(fast, 1.25, 1);
  compare(fast, 1.25, 0.0, 0.0, 1);
  auto dead = cell_of("b", "plain", "baseline");
  dead.status = "oom";
  dead.reason = "killed \xff\xfe by the system";
  dead.trials = {.ok = 0, .failed = 1, .warmup = 1};
  auto alone = cell_of("b", "fast", "custom");
  add_metrics(alone, 1.25, 1);
  summary.cells = {plain, fast, dead, alone};
  return summary;
}

inline std::string sample_environment() {
  return R"json({"schema":"edge-llm-lab/environment/1","cpu":{"model":"Example CPU | 9000","physical_cores":4,
"caches":[{"level":1,"kind":"data","bytes":32768,"count":4},{"level":2,"kind":"unified","bytes":1048576,"count":4}],
"governor":null,"max_mhz":3600.5},"memory":{"total_bytes":16777216000},"os":{"name":"Debian GNU/Linux 14 (forky)",
"kernel":"Linux 6.12.0"},"load_average":[0.5,0.25,0.1],"smt":true,"models":[{"id":"demo","bytes":9437184}],"empty":[],
"sensors":[{"name":"temperature","source":"/sys/class/thermal/thermal_zone0/temp (x86_pkg_temp)","unit":"°C","rate":"4/s"},
{"name":"energy: device (battery)","unit":"J","rate":"","absent":"no battery in /sys/class/power_supply"}],
"temperature_c":41.5,"idle":{"seconds":3.0,"power_w":4.25},"memory_bandwidth":{"bytes_per_s":21474836480,"threads":4}})json";
}

}  // namespace edgelab::testing
