// What is found out beyond means, with something of everything that reports tell of it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "types/summary.hpp"

namespace edgelab::testing {

// A round that transfers, one that reverses, one that only one of three executors has not.
inline AcrossExecutors sample_across() {
  AcrossExecutors across;
  across.executors = {"llama", "phone", "browser"};
  across.transfer = {{.model = "demo",
                      .workload = "extract",
                      .round = "lookup",
                      .metric = "decode_tps",
                      .better = "higher",
                      .ratios = {{"llama", 1.5, Bounds{1.45, 1.55}, 10}, {"phone", 1.4375, Bounds{1.375, 1.5}, 10}},
                      .differences = {{"phone", "llama", 0.96, Bounds{0.9, 1.02}, 10, 0.125, 0.25}},
                      .verdict = "transfers"},
                     {.model = "demo",
                      .workload = "extract",
                      .round = "lookup",
                      .metric = "ttft_ms",
                      .better = "lower",
                      .ratios = {{"llama", 1.0, Bounds{0.98, 1.02}, 10}, {"phone", 1.0, Bounds{0.97, 1.03}, 10}},
                      .differences = {{"phone", "llama", 1.0, Bounds{0.96, 1.04}, 10, 0.75, 0.75}},
                      .verdict = "no-effect"},
                     {.model = "demo",
                      .workload = "extract",
                      .round = "fa",
                      .metric = "decode_tps",
                      .better = "higher",
                      .ratios = {{"llama", 1.25, Bounds{1.2, 1.3}, 10},
                                 {"phone", 0.75, Bounds{0.7, 0.8}, 10},
                                 {"browser", 1.25, {}, 1}},
                      .differences = {{"phone", "llama", 0.6, Bounds{0.55, 0.65}, 10, 0.0001, 0.0003},
                                      {"browser", "llama", 1.0, {}, 1, {}, {}}},
                      .verdict = "reverses"}};
  across.utilisation = {{.executor = "llama",
                         .model = "demo",
                         .workload = "extract",
                         .round = "baseline",
                         .decode_tps = 121.5,
                         .mbu = 0.5625,
                         .ci95 = Bounds{0.55, 0.575},
                         .n = 10},
                        {.executor = "phone",
                         .model = "demo",
                         .workload = "extract",
                         .round = "baseline",
                         .decode_tps = {},
                         .mbu = 0.625,
                         .ci95 = {},
                         .n = 1}};
  across.inexpressible = {{.executor = "browser",
                           .reason = "prompt-lookup: this build drafts nothing | at all",
                           .rounds = {"lookup", "draft"},
                           .cells = 3,
                           .cells_of_executor = 9}};
  return across;
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
       .combinations = {{"fa+lookup", {"fa", "lookup"}, 0.0, -0.03125, -0.03125, Bounds{-0.0625, -0.0078125}, 80}}},
      {.name = "kld_mean",
       .unit = "nats",
       .better = "lower",
       .effects = {{"fa", 0.001953125, Bounds{0.0015, 0.0025}, 40},
                   {"lookup", 0.0, {}, 40},
                   {"fa:lookup", 0.000244140625, Bounds{-0.0001, 0.0006}, 40}},
       .combinations = {
           {"fa+lookup", {"fa", "lookup"}, 0.001953125, 0.002197265625, 0.000244140625, Bounds{0.0001, 0.0004}, 40}}}};
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

}  // namespace edgelab::testing
