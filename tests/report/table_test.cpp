#include <gtest/gtest.h>
#include <yyjson.h>

#include <memory>
#include <string>

#include "report/groups.hpp"
#include "report/report.hpp"
#include "report/samples.hpp"
#include "report/words.hpp"

namespace edgelab::report {
namespace {

using Document = std::unique_ptr<yyjson_doc, decltype(&yyjson_doc_free)>;

Document parse(std::string const& json) { return {yyjson_read(json.data(), json.size(), 0), yyjson_doc_free}; }

std::string text(yyjson_val* object, char const* key) {
  auto* const value = yyjson_obj_get(object, key);
  return yyjson_is_str(value) ? yyjson_get_str(value) : "";
}

// The element of `array` whose `key` is `name`.
yyjson_val* named(yyjson_val* array, char const* key, std::string const& name) {
  std::size_t i = 0;
  std::size_t max = 0;
  yyjson_val* item = nullptr;
  yyjson_arr_foreach(array, i, max, item) if (text(item, key) == name) return item;
  return nullptr;
}

Summary with(CellSummary fa) {
  Summary summary;
  summary.experiment = "table";
  summary.blocks = 10;
  summary.baseline = "baseline";
  auto baseline = testing::cell_of("ask", "baseline", "baseline");
  testing::add_metrics(baseline, 1.0);
  summary.cells = {baseline, std::move(fa)};
  return summary;
}

CellSummary fa(double ratio, double low, double high) {
  auto cell = testing::cell_of("ask", "fa", "parallelization");
  testing::add_metrics(cell, ratio);
  testing::compare(cell, ratio, low, high);
  return cell;
}

// The figure of decode_tps in the round fa.
struct Shown {
  std::string ratio, verdict, detectable, tone;
};
Shown shown(Summary const& summary) {
  auto const document = parse(render_table_json(summary));
  auto* const tables = yyjson_obj_get(yyjson_doc_get_root(document.get()), "tables");
  auto* const round = named(yyjson_obj_get(yyjson_arr_get_first(tables), "rounds"), "round", "fa");
  auto* const figure = named(yyjson_obj_get(round, "figures"), "metric", "decode_tps");
  EXPECT_EQ(text(figure, "heading"), "decode tok/s");
  return {text(figure, "ratio"), text(figure, "verdict"), text(figure, "detectable"), text(figure, "tone")};
}

TEST(Table, says_what_the_interval_says) {
  auto const faster = shown(with(fa(1.25, 1.20, 1.30)));
  EXPECT_EQ(faster.ratio, "1.25× (1.20–1.30)");
  EXPECT_EQ(faster.verdict, "faster");
  EXPECT_EQ(faster.tone, "good");
  EXPECT_EQ(faster.detectable, "");

  auto const slower = shown(with(fa(0.75, 0.70, 0.80)));
  EXPECT_EQ(slower.verdict, "slower");
  EXPECT_EQ(slower.tone, "bad");

  auto const none = shown(with(fa(1.01, 0.97, 1.05)));
  EXPECT_EQ(none.verdict, "no difference found");
  EXPECT_EQ(none.detectable, "5.5 %");
  EXPECT_EQ(none.tone, "quiet");
}

TEST(Table, without_an_interval_there_is_no_verdict) {
  auto cell = testing::cell_of("ask", "fa", "parallelization");
  testing::add_metrics(cell, 1.25, 1);
  testing::compare(cell, 1.25, 1.20, 1.30, 1);
  auto const one = shown(with(cell));
  EXPECT_EQ(one.ratio, "1.25×");
  EXPECT_EQ(one.verdict, "");
  EXPECT_EQ(one.tone, "quiet");
}

TEST(Table, a_round_that_failed_is_named_with_its_reason) {
  auto failed = testing::cell_of("ask", "fa", "parallelization");
  failed.status = "oom";
  failed.reason = "killed \xff for its memory";   // what a system says may be anything
  failed.trials = {.ok = 0, .failed = 3, .warmup = 0};
  auto const document = parse(render_table_json(with(failed)));
  ASSERT_TRUE(document);
  auto* const tables = yyjson_obj_get(yyjson_doc_get_root(document.get()), "tables");
  auto* const round = named(yyjson_obj_get(yyjson_arr_get_first(tables), "rounds"), "round", "fa");
  EXPECT_EQ(text(round, "status"), "oom");
  EXPECT_EQ(text(round, "reason"), "killed \xef\xbf\xbd for its memory");
  EXPECT_EQ(yyjson_get_int(yyjson_obj_get(round, "failed")), 3);
  EXPECT_EQ(yyjson_arr_size(yyjson_obj_get(round, "figures")), 0u);
}

TEST(Table, has_every_round_of_every_group) {
  auto const summary = testing::sample_summary();
  auto const document = parse(render_table_json(summary));
  ASSERT_TRUE(document);
  std::size_t rounds = 0;
  std::size_t i = 0;
  std::size_t max = 0;
  yyjson_val* table = nullptr;
  auto* const tables = yyjson_obj_get(yyjson_doc_get_root(document.get()), "tables");
  yyjson_arr_foreach(tables, i, max, table) rounds += yyjson_arr_size(yyjson_obj_get(table, "rounds"));
  EXPECT_EQ(rounds, summary.cells.size());
  EXPECT_EQ(yyjson_arr_size(tables), groups_of(summary).size());
}

}  // namespace
}  // namespace edgelab::report
