#include <gtest/gtest.h>
#include <yyjson.h>

#include <cmath>
#include <limits>
#include <memory>
#include <set>

#include "report/json_rows.hpp"
#include "report/report.hpp"
#include "report/samples.hpp"

namespace edgelab::report {
namespace {

using Document = std::unique_ptr<yyjson_doc, decltype(&yyjson_doc_free)>;

Document parse(std::string const& json) { return {yyjson_read(json.data(), json.size(), 0), yyjson_doc_free}; }

yyjson_val* at(yyjson_val* object, char const* key) { return yyjson_obj_get(object, key); }
std::string text(yyjson_val* object, char const* key) {
  auto* const value = at(object, key);
  EXPECT_TRUE(yyjson_is_str(value)) << key;
  return yyjson_is_str(value) ? std::string(yyjson_get_str(value), yyjson_get_len(value)) : "";
}

std::set<std::string> keys(yyjson_val* object) {
  std::set<std::string> names;
  std::size_t i = 0;
  std::size_t max = 0;
  yyjson_val* key = nullptr;
  yyjson_val* value = nullptr;
  yyjson_obj_foreach(object, i, max, key, value) names.insert(yyjson_get_str(key));
  return names;
}

using Names = std::set<std::string>;

void expect_interval(yyjson_val* ci95) {
  if (yyjson_is_null(ci95)) return;
  ASSERT_TRUE(yyjson_is_arr(ci95));
  EXPECT_EQ(yyjson_arr_size(ci95), 2u);
  EXPECT_TRUE(yyjson_is_num(yyjson_arr_get(ci95, 0)));
}

// Every key of the schema with its type, in every cell.
void expect_cell(yyjson_val* cell) {
  EXPECT_EQ(keys(cell), (Names{"id", "model", "executor", "workload", "round", "category", "status", "reason", "trials",
                               "flags", "metrics", "vs_baseline", "versus"}));
  for (auto const* key : {"id", "model", "executor", "workload", "round", "category", "reason"}) text(cell, key);
  EXPECT_TRUE((Names{"ok", "failed", "timeout", "oom", "unsupported"}.contains(text(cell, "status"))));
  EXPECT_EQ(keys(at(cell, "trials")), (Names{"ok", "failed", "warmup"}));
  EXPECT_EQ(keys(at(cell, "flags")), (Names{"asked", "in_force"}));
  EXPECT_TRUE(yyjson_is_obj(at(at(cell, "flags"), "asked")));

  std::size_t i = 0;
  std::size_t max = 0;
  yyjson_val* item = nullptr;
  yyjson_arr_foreach(at(cell, "metrics"), i, max, item) {
    EXPECT_EQ(keys(item),
              (Names{"name", "unit", "better", "mean", "median", "ci95", "n", "median_ci95", "drift", "outliers"}));
    EXPECT_TRUE((Names{"lower", "higher"}.contains(text(item, "better"))));
    EXPECT_TRUE(yyjson_is_num(at(item, "mean")));
    EXPECT_TRUE(yyjson_is_int(at(item, "n")));
    expect_interval(at(item, "ci95"));
  }
  yyjson_arr_foreach(at(cell, "vs_baseline"), i, max, item) {
    EXPECT_EQ(keys(item),
              (Names{"name", "ratio", "ci95", "n", "ci95_bootstrap", "p", "p_adjusted", "detectable", "drift"}));
    EXPECT_TRUE(yyjson_is_num(at(item, "ratio")));
    expect_interval(at(item, "ci95"));
  }
}

TEST(Json, has_the_schema) {
  for (auto const& summary : {testing::sample_summary(), testing::small_summary()}) {
    auto const document = parse(render_json(summary));
    ASSERT_TRUE(document);
    auto* const root = yyjson_doc_get_root(document.get());
    EXPECT_EQ(text(root, "schema"), "edge-llm-lab/summary/1");
    EXPECT_EQ(
        keys(root),
        (Names{
            "schema",   "experiment",  "started",           "ended", "stopped_because", "seed",    "blocks",
            "baseline", "t_level",     "false_discoveries", "cells", "effects",         "pareto",  "across_executors",
            "quality",  "equivalence", "divergence",        "judge", "unscored",        "thermal", "sustained",
            "audit"}));
    EXPECT_EQ(keys(at(root, "false_discoveries")), (Names{"method", "rate", "comparisons"}));
    EXPECT_EQ(yyjson_get_uint(at(root, "seed")), summary.seed);
    ASSERT_EQ(yyjson_arr_size(at(root, "cells")), summary.cells.size());
    for (std::size_t i = 0; i < summary.cells.size(); ++i) expect_cell(yyjson_arr_get(at(root, "cells"), i));
  }
}

// What is found out beyond the means: every key, in the first of each list.
TEST(Json, has_the_schema_of_findings) {
  auto const document = parse(render_json(testing::sample_summary()));
  ASSERT_TRUE(document);
  auto* const root = yyjson_doc_get_root(document.get());
  auto* const effects = yyjson_arr_get_first(at(root, "effects"));
  EXPECT_EQ(keys(effects),
            (Names{"model", "executor", "workload", "design", "factors", "rounds", "terms", "metrics", "scores"}));
  auto* const scores = yyjson_arr_get_first(at(effects, "scores"));
  EXPECT_EQ(keys(scores), (Names{"name", "better", "unit", "effects", "combinations"}));
  EXPECT_EQ(keys(yyjson_arr_get_first(at(scores, "effects"))), (Names{"term", "difference", "ci95", "n"}));
  EXPECT_EQ(keys(yyjson_arr_get_first(at(scores, "combinations"))),
            (Names{"round", "parts", "predicted", "measured", "difference", "ci95", "n"}));
  EXPECT_EQ(keys(yyjson_arr_get_first(at(effects, "terms"))), (Names{"name", "aliases"}));
  auto* const metric = yyjson_arr_get_first(at(effects, "metrics"));
  EXPECT_EQ(keys(metric), (Names{"name", "better", "effects", "combinations"}));
  EXPECT_EQ(keys(yyjson_arr_get_first(at(metric, "effects"))), (Names{"term", "ratio", "ci95", "n"}));
  EXPECT_EQ(keys(yyjson_arr_get_first(at(metric, "combinations"))),
            (Names{"round", "parts", "predicted", "measured", "ratio", "ci95", "n"}));
  EXPECT_EQ(keys(yyjson_arr_get(at(root, "judge"), 1)),
            (Names{"cell", "model", "executor", "workload", "round", "judge", "reference", "lowest", "highest",
                   "requests", "grade", "ci95", "paired", "difference", "difference_ci95", "ungraded", "first_error"}));
  EXPECT_EQ(keys(yyjson_arr_get_first(at(root, "unscored"))), (Names{"cell", "what", "status", "reason"}));
  auto* const pareto = yyjson_arr_get_first(at(root, "pareto"));
  EXPECT_EQ(keys(pareto), (Names{"model", "executor", "workload", "metrics", "blocks", "members", "left_out"}));
  EXPECT_EQ(keys(yyjson_arr_get_first(at(pareto, "members"))),
            (Names{"round", "on_front", "probability", "dominated_by"}));
  auto* const quality = yyjson_arr_get(at(root, "quality"), 2);
  EXPECT_EQ(keys(quality),
            (Names{"cell", "model", "executor", "workload", "round", "scorer", "reference", "requests", "score", "ci95",
                   "right", "varied", "paired", "difference", "difference_ci95", "flips"}));
  EXPECT_EQ(keys(at(quality, "flips")), (Names{"right_to_wrong", "wrong_to_right", "p", "p_adjusted"}));
  auto* const equivalence = yyjson_arr_get(at(root, "equivalence"), 1);
  EXPECT_EQ(keys(equivalence), (Names{"cell",
                                      "model",
                                      "executor",
                                      "workload",
                                      "round",
                                      "reference",
                                      "effect",
                                      "compared",
                                      "requests",
                                      "identical",
                                      "answers",
                                      "differing",
                                      "control_requests",
                                      "control_varied",
                                      "divergences",
                                      "bound",
                                      "near_ties",
                                      "real",
                                      "verdict",
                                      "reason"}));
  EXPECT_EQ(keys(yyjson_arr_get_first(at(equivalence, "divergences"))),
            (Names{"request", "token", "margin", "verdict", "defect", "defect_margin", "answers", "differing"}));
  auto* const divergence = yyjson_arr_get_first(at(root, "divergence"));
  EXPECT_EQ(keys(divergence), (Names{"cell",
                                     "model",
                                     "executor",
                                     "workload",
                                     "round",
                                     "reference",
                                     "reference_model",
                                     "reference_executor",
                                     "source",
                                     "shape",
                                     "status",
                                     "reason",
                                     "texts",
                                     "failed",
                                     "tokens",
                                     "kld_mean",
                                     "kld_mean_ci95",
                                     "kld_p99",
                                     "kld_p99_ci95",
                                     "top1_agreement",
                                     "top1_agreement_ci95",
                                     "ppl",
                                     "reference_ppl",
                                     "ppl_ratio",
                                     "ppl_ratio_ci95",
                                     "depths"}));
  EXPECT_EQ(keys(yyjson_arr_get_first(at(divergence, "depths"))),
            (Names{"from", "below", "tokens", "kld_mean", "kld_p99", "top1_agreement", "ppl_ratio"}));
  EXPECT_EQ(keys(at(root, "thermal")), (Names{"blocks_watched", "throttled_blocks", "hottest_c", "cool_down"}));
  EXPECT_EQ(keys(at(at(root, "thermal"), "cool_down")),
            (Names{"target_c", "waits", "waited_s", "longest_s", "not_reached"}));
  auto* const sustained = yyjson_arr_get_first(at(root, "sustained"));
  EXPECT_EQ(keys(sustained), (Names{"cell", "metric", "unit", "seconds", "windows", "ratio", "ci95", "points"}));
  EXPECT_EQ(keys(yyjson_arr_get_first(at(sustained, "windows"))),
            (Names{"from_s", "to_s", "trials", "value", "temp_c", "cpu_mhz", "power_w", "throttled"}));
  EXPECT_EQ(keys(yyjson_arr_get_first(at(sustained, "points"))),
            (Names{"at_s", "value", "temp_c", "cpu_mhz", "power_w", "throttled"}));
  EXPECT_EQ(keys(at(root, "audit")), (Names{"audit", "differences"}));
  auto* const audit = at(at(root, "audit"), "audit");
  EXPECT_EQ(keys(audit), (Names{"schema", "made", "machine", "state", "timer", "harness", "executors"}));
  auto* const executor = yyjson_arr_get_first(at(audit, "executors"));
  EXPECT_EQ(keys(executor), (Names{"id", "name", "version", "library", "model", "flags", "problem", "noise", "live"}));
  EXPECT_EQ(keys(at(executor, "noise")), (Names{"blocks", "seconds_per_block", "t_level", "metrics", "comparisons",
                                                "false_differences", "false_after_adjustment"}));
  EXPECT_EQ(keys(yyjson_arr_get_first(at(at(executor, "noise"), "metrics"))),
            (Names{"name", "ratio", "ci95", "n", "sd_log", "detectable", "efforts"}));
  EXPECT_EQ(keys(at(executor, "live")),
            (Names{"verdict", "reason", "emissions", "pipe_ms", "early_ms", "drift_ms", "tolerance_ms"}));
}

TEST(Json, values_are_those_of_the_summary) {
  auto const summary = testing::sample_summary();
  auto const document = parse(render_json(summary));
  ASSERT_TRUE(document);
  auto* const cell = yyjson_arr_get(at(yyjson_doc_get_root(document.get()), "cells"), 1);
  EXPECT_EQ(text(cell, "id"), "demo/llama/extract/lookup");
  EXPECT_EQ(text(at(at(cell, "flags"), "asked"), "prompt-lookup"), "on");
  auto* const decode = yyjson_arr_get(at(cell, "metrics"), 1);
  EXPECT_EQ(text(decode, "name"), "decode_tps");
  EXPECT_EQ(yyjson_get_num(at(decode, "mean")), summary.cells[1].metrics[1].mean);
  EXPECT_EQ(yyjson_get_num(yyjson_arr_get(at(decode, "ci95"), 1)), (*summary.cells[1].metrics[1].ci95)[1]);
  auto* const memory = yyjson_arr_get(at(cell, "metrics"), 4);
  EXPECT_TRUE(yyjson_is_null(at(memory, "ci95")));
}

TEST(Json, is_valid_whatever_an_executor_said) {
  auto summary = testing::small_summary();
  summary.cells[0].flags.in_force["bad\xff"] = "\xc3 and \x01 and \"";
  summary.cells[0].metrics[0].mean = std::numeric_limits<double>::infinity();
  auto const document = parse(render_json(summary));
  ASSERT_TRUE(document);
}

TEST(TrialLine, is_one_line_of_json) {
  TrialResult trial;
  trial.planned.kind = TrialKind::warmup;
  trial.planned.block = 3;
  trial.status = Status::timeout;
  trial.reason = "no answer\nwithin \"300 s\" \xff";
  trial.started = "2026-01-31T12:00:00.123Z";
  trial.wall_ms = 300000.5;
  trial.metrics = {{"decode_tps", 182.25}, {"bad", std::nan("")}};
  auto const line = render_trial_line("demo/llama/extract/kv-q8", trial);
  EXPECT_FALSE(line.contains('\n'));
  auto const document = parse(line);
  ASSERT_TRUE(document);
  auto* const root = yyjson_doc_get_root(document.get());
  EXPECT_EQ(keys(root),
            (Names{"cell", "block", "kind", "warmup", "status", "reason", "started", "wall_ms", "metrics"}));
  EXPECT_EQ(text(root, "cell"), "demo/llama/extract/kv-q8");
  EXPECT_EQ(yyjson_get_int(at(root, "block")), 3);
  EXPECT_EQ(text(root, "kind"), "warmup");
  EXPECT_TRUE(yyjson_get_bool(at(root, "warmup")));
  EXPECT_EQ(text(root, "status"), "timeout");
  EXPECT_EQ(text(root, "reason"), "no answer\nwithin \"300 s\" \xef\xbf\xbd");
  EXPECT_EQ(text(root, "started"), "2026-01-31T12:00:00.123Z");
  EXPECT_EQ(yyjson_get_num(at(root, "wall_ms")), 300000.5);
  EXPECT_EQ(keys(at(root, "metrics")), Names{"decode_tps"});

  trial.planned.kind = TrialKind::memory;
  EXPECT_TRUE(render_trial_line("x", trial).contains(R"("kind":"memory","warmup":false)"));
}

TEST(JsonRows, flatten_a_document) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (auto const& row : json_rows(testing::sample_environment())) rows.emplace_back(row.key, row.value);
  EXPECT_EQ(rows,
            (std::vector<std::pair<std::string, std::string>>{
                {"schema", "edge-llm-lab/environment/1"},
                {"cpu.model", "Example CPU | 9000"},
                {"cpu.physical_cores", "4"},
                {"cpu.caches", "level 1, kind data, bytes 32.0 KiB, count 4"},
                {"cpu.caches", "level 2, kind unified, bytes 1.0 MiB, count 4"},
                {"cpu.max_mhz", "3600.5"},
                {"memory.total_bytes", "15.6 GiB"},
                {"os.name", "Debian GNU/Linux 14 (forky)"},
                {"os.kernel", "Linux 6.12.0"},
                {"load_average", "0.5, 0.25, 0.1"},
                {"smt", "yes"},
                {"models", "id demo, bytes 9.0 MiB"},
                {"sensors",
                 "name temperature, source /sys/class/thermal/thermal_zone0/temp (x86_pkg_temp), unit °C, rate 4/s"},
                {"sensors", "name energy: device (battery), unit J, absent no battery in /sys/class/power_supply"},
                {"temperature_c", "41.5"},
                {"idle.seconds", "3"},
                {"idle.power_w", "4.25"},
                {"memory_bandwidth.bytes_per_s", "20.0 GiB/s"},
                {"memory_bandwidth.threads", "4"},
            }));
  for (auto const* nothing : {"", "{", "[1, 2]", "text", "null"}) EXPECT_TRUE(json_rows(nothing).empty()) << nothing;
}

}  // namespace
}  // namespace edgelab::report
