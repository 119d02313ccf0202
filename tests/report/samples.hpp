// A summary with everything in it that reports must tell apart. Numbers are made up.
#pragma once

#include <string>
#include <vector>

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

// Two techniques in a full design, and a third one that was only seen together with the others.
inline EffectsSummary sample_effects() {
  EffectsSummary effects;
  effects.model = "demo";
  effects.executor = "llama";
  effects.workload = "extract";
  effects.design = "part";
  effects.factors = {"fa", "lookup", "draft"};
  effects.rounds = {"baseline", "fa", "lookup", "fa+lookup", "fa+lookup+draft"};
  effects.terms = {{"fa", {{"fa:draft", -1.0}}}, {"lookup", {}}, {"fa:lookup", {{"lookup:draft", 0.5}}}};
  effects.metrics = {
      {.name = "decode_tps",
       .better = "higher",
       .effects = {{"fa", 1.25, Bounds{1.2, 1.3}, 10},
                   {"lookup", 1.5625, Bounds{1.5, 1.625}, 10},
                   {"fa:lookup", 0.96875, Bounds{0.9375, 1.0}, 10}},
       .combinations = {{"fa+lookup", {"fa", "lookup"}, 1.96875, 1.90625, 0.96875, Bounds{0.9375, 1.003}, 10},
                        {"fa+lookup+draft", {"fa", "lookup", "draft"}, 2.5, 1.75, 0.75, Bounds{0.7, 0.8}, 10}}},
      {.name = "kv_cache_bytes",
       .better = "lower",
       .effects = {{"fa", 1.0, {}, 1}, {"lookup", 1.0, {}, 1}, {"fa:lookup", 1.0, {}, 1}},
       .combinations = {{"fa+lookup", {"fa", "lookup"}, 1.0, 1.0, 1.0, {}, 1}}}};
  effects.scores = {
      {.name = "task_score",
       .effects = {{"fa", 0.0, {}, 80},
                   {"lookup", -0.015625, Bounds{-0.03125, 0.0}, 80},
                   {"fa:lookup", -0.03125, Bounds{-0.0625, -0.0078125}, 80}},
       .combinations = {{"fa+lookup", {"fa", "lookup"}, 0.0, -0.03125, -0.03125, Bounds{-0.0625, -0.0078125}, 80}}}};
  return effects;
}

inline ParetoSummary sample_pareto() {
  ParetoSummary pareto;
  pareto.model = "demo";
  pareto.executor = "llama";
  pareto.workload = "extract";
  pareto.metrics = {"decode_tps", "ttft_ms", "rss_peak_bytes"};
  pareto.blocks = 10;
  pareto.members = {{"baseline", false, 0.0, {"lookup"}},
                    {"lookup", true, 1.0, {}},
                    {"fa", true, 0.125, {}},
                    {"kv-q8", false, 0.0, {"baseline", "lookup"}}};
  pareto.left_out = {"draft", "kv-q4|\"odd\", name"};
  return pareto;
}

inline QualitySummary quality_of(std::string round, double score, std::int32_t right) {
  QualitySummary quality;
  quality.cell = "demo/llama/extract/" + round;
  quality.model = "demo";
  quality.executor = "llama";
  quality.workload = "extract";
  quality.round = std::move(round);
  quality.scorer = "json-fields";
  quality.reference = "baseline";
  quality.requests = 80;
  quality.score = score;
  quality.ci95 = {score - 0.03125, score + 0.015625};
  quality.right = right;
  return quality;
}

inline std::vector<QualitySummary> sample_quality() {
  auto baseline = quality_of("baseline", 0.96875, 76);
  auto lookup = quality_of("lookup", 0.96875, 76);
  lookup.paired = 80;
  lookup.difference = 0.0;
  lookup.flips = FlipSummary{};
  auto kv = quality_of("kv-q8", 0.875, 60);
  kv.paired = 80;
  kv.difference = -0.09375;
  kv.difference_ci95 = {-0.15625, -0.046875};
  kv.flips = FlipSummary{.right_to_wrong = 17, .wrong_to_right = 1, .p = 0.000144958, .p_adjusted = 0.000289917};
  kv.varied = 2;
  return {baseline, lookup, kv};
}

inline EquivalenceSummary equivalence_of(std::string round, std::string effect, std::int32_t identical) {
  EquivalenceSummary equivalence;
  equivalence.cell = "demo/llama/extract/" + round;
  equivalence.model = "demo";
  equivalence.executor = "llama";
  equivalence.workload = "extract";
  equivalence.round = std::move(round);
  equivalence.reference = "baseline";
  equivalence.effect = std::move(effect);
  equivalence.compared = "tokens";
  equivalence.requests = 80;
  equivalence.identical = identical;
  equivalence.answers = 800;
  equivalence.control_requests = 80;
  return equivalence;
}

inline std::vector<EquivalenceSummary> sample_equivalence() {
  auto fa = equivalence_of("fa", "rounding", 78);
  fa.divergences = {{.request = "extract-0042",
                     .token = 17,
                     .margin = 0.00390625,
                     .verdict = "near-tie",
                     .answers = 10,
                     .differing = 10},
                    {.request = "extract-0007",
                     .token = 11,
                     .margin = 0.0078125,
                     .verdict = "near-tie",
                     .answers = 10,
                     .differing = 10}};
  fa.differing = 20;
  fa.bound = 0.015625;
  fa.near_ties = 2;
  fa.verdict = "near-ties";
  auto same = equivalence_of("no-mmap", "exact", 79);
  same.divergences = {{.request = "extract-0001", .token = 0, .answers = 10, .differing = 1}};
  same.differing = 1;
  auto lookup = equivalence_of("lookup", "rounding", 80);
  lookup.verdict = "identical";
  auto draft = equivalence_of("draft|odd", "rounding", 77);
  draft.divergences = {
      {.request = "extract-0009", .token = 4, .margin = 0.0, .verdict = "near-tie", .answers = 10, .differing = 10},
      {.request = "extract-0010",
       .token = 6,
       .margin = 0.001953125,
       .verdict = "real",
       .defect = 8,
       .defect_margin = 1.25,
       .answers = 10,
       .differing = 1},
      {.request = "extract-0011", .token = 30, .answers = 10, .differing = 2}};
  draft.differing = 13;
  draft.bound = 0.0078125;
  draft.near_ties = 1;
  draft.real = 1;
  draft.verdict = "real";
  draft.reason = "no answer within 300 s";
  auto many = equivalence_of("small-batches", "rounding", 60);
  for (int i = 0; i < 20; ++i)
    many.divergences.push_back({.request = "extract-00" + std::to_string(20 + i),
                                .token = 3,
                                .margin = 0.001953125,
                                .verdict = "near-tie",
                                .answers = 10,
                                .differing = 10});
  many.differing = 200;
  many.bound = 0.0078125;
  many.near_ties = 20;
  many.verdict = "suspicious";
  return {lookup, fa, same, draft, many};
}

inline KldSummary kld_of(std::string round, std::string shape, double mean) {
  KldSummary kld;
  kld.cell = "demo/llama/extract/" + round;
  kld.model = "demo";
  kld.executor = "llama";
  kld.workload = kld.source = "extract";
  kld.round = std::move(round);
  kld.reference = "baseline";
  kld.shape = std::move(shape);
  kld.texts = 40;
  kld.tokens = 8200;
  kld.kld_mean = mean;
  kld.kld_mean_ci95 = {mean * 0.875, mean * 1.125};
  kld.kld_p99 = mean * 16.0;
  kld.kld_p99_ci95 = {mean * 12.0, mean * 20.0};
  kld.top1_agreement = 1.0 - mean;
  kld.top1_agreement_ci95 = {1.0 - mean * 1.25, 1.0 - mean * 0.75};
  kld.ppl = 4.0 * (1.0 + mean);
  kld.reference_ppl = 4.0;
  kld.ppl_ratio = 1.0 + mean;
  kld.ppl_ratio_ci95 = {1.0 + mean * 0.5, 1.0 + mean * 1.5};
  for (std::int32_t const below : {64, 128, 256})
    kld.depths.push_back({.from = below == 64 ? 0 : below / 2,
                          .below = below,
                          .tokens = 2000,
                          .kld_mean = mean * below / 128.0,
                          .kld_p99 = mean * 16.0,
                          .top1_agreement = 1.0 - mean,
                          .ppl_ratio = 1.0 + mean});
  return kld;
}

inline std::vector<KldSummary> sample_divergence() {
  auto decode = kld_of("kv-q8", "decode", 0.001953125);
  decode.texts = 8;
  decode.tokens = 256;
  auto same = kld_of("fa", "prefill", 0.0);
  same.failed = 2;
  same.reason = "a text of 4000 tokens does not fit | into the 2048 the model was trained for";
  KldSummary broken = kld_of("own", "prefill", 0.0);
  broken.status = "unsupported";
  broken.reason = "no probabilities";
  broken.texts = broken.tokens = 0;
  broken.failed = 1;
  return {kld_of("kv-q8", "prefill", 0.001953125), decode, same, broken};
}

inline JudgeSummary judged(std::string round, double grade) {
  JudgeSummary judge;
  judge.cell = "demo/llama/extract/" + round;
  judge.model = "demo";
  judge.executor = "llama";
  judge.workload = "extract";
  judge.round = std::move(round);
  judge.judge = "grader-70b";
  judge.reference = "baseline";
  judge.requests = 80;
  judge.grade = grade;
  judge.ci95 = {grade - 0.25, grade + 0.25};
  return judge;
}

inline std::vector<JudgeSummary> sample_judge() {
  auto kv = judged("kv-q8", 7.125);
  kv.paired = 79;
  kv.difference = -1.25;
  kv.difference_ci95 = {-1.5, -1.0};
  kv.ungraded = 1;
  kv.first_error = "the judge gave no score (expected {\"score\": a number}): | fine |";
  return {judged("baseline", 8.375), kv};
}

inline NoiseOfMetric noise_of(std::string name, double ratio, double half_width, std::vector<Effort> efforts) {
  return {.name = std::move(name),
          .ratio = ratio,
          .ci95 = Bounds{ratio - half_width, ratio + half_width},
          .n = 24,
          .sd_log = half_width * 2.5,
          .detectable = 1.0 + half_width * 1.5,
          .efforts = std::move(efforts)};
}

// An executor that is well, one that lies about its times, and one that could not be run.
inline Audit sample_audit() {
  Audit audit;
  audit.made = "2026-01-30T18:00:00.000Z";
  audit.machine = {.cpu = "Example CPU | 9000",
                   .physical_cores = 4,
                   .usable_cores = 2,
                   .memory_bytes = 16777216000,
                   .edgelab = "0.1.0 (abc)",
                   .build_type = "Release"};
  audit.state = {.sampled_s = 3.0,
                 .load_average = {0.5, 0.25, 0.125},
                 .logical_cores = 8,
                 .busy_cores = 1.25,
                 .stolen_cores = 0.0,
                 .others = {{"a | b", 4321, 0.8125}, {"small", 7, 0.0625}},
                 .governor = "powersave",
                 .mhz_slowest = 800.0,
                 .mhz_fastest = 2400.0,
                 .mhz_min = 400.0,
                 .mhz_max = 3600.0,
                 .throttle_events = 2,
                 .temperature_c = 61.5};
  audit.timer = {.step_ns = 10.0, .call_ns = 24.5};
  audit.harness = {.us_per_token = 1.875, .us_per_trial = 406.25, .repetitions = 5};
  AuditedExecutor llama{.id = "llama",
                        .name = "llama",
                        .version = "1",
                        .library = "llama.cpp 0.7.0 (abc)",
                        .model = "/models/demo-f16.gguf",
                        .flags = {{"threads", "2"}},
                        .problem = {},
                        .noise = {},
                        .live = {}};
  llama.noise = NoiseFloor{.blocks = 24, .seconds_per_block = 2.5, .t_level = 0.955, .metrics = {}};
  llama.noise->metrics = {
      noise_of("decode_tps", 1.002, 0.006, {{0.1, 3, 7.5}, {0.05, 4, 10.0}, {0.02, 9, 22.5}, {0.01, 31, 77.5}}),
      noise_of("ttft_ms", 0.99, 0.025, {{0.1, 5, 12.5}, {0.05, 14, 35.0}, {0.02, 82, 205.0}})};
  llama.noise->comparisons = 12;
  llama.noise->false_differences = 1;
  llama.live = {.verdict = "honest",
                .reason =
                    "640 tokens or groups of tokens were heard when it says they happened; it would have been caught "
                    "at being 2.5 ms early",
                .emissions = 640,
                .pipe_ms = 0.0625,
                .early_ms = -0.5,
                .drift_ms = 0.0,
                .tolerance_ms = 2.0};
  AuditedExecutor mine{.id = "mine",
                       .name = "mine",
                       .version = "2",
                       .library = "",
                       .model = {},
                       .flags = {},
                       .problem = {},
                       .noise = {},
                       .live = {}};
  mine.noise = NoiseFloor{.blocks = 3, .seconds_per_block = 0.5, .t_level = 0.955, .metrics = {}};
  mine.live = {.verdict = "early", .reason = "it reports its tokens before they happen: 8.5 ms | more"};
  AuditedExecutor dead{.id = "dead",
                       .name = "dead",
                       .version = "",
                       .library = "lib 1",
                       .model = {},
                       .flags = {},
                       .problem = {},
                       .noise = {},
                       .live = {}};
  dead.problem = "failed: the executor died";
  audit.executors = {llama, mine, dead};
  return audit;
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
