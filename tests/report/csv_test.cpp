#include <gtest/gtest.h>

#include <algorithm>

#include "golden/golden.hpp"
#include "report/report.hpp"
#include "report/samples.hpp"

namespace edgelab::report {
namespace {

using Table = std::vector<std::vector<std::string>>;

// RFC 4180, line feeds alone allowed as line ends.
Table parse_csv(std::string const& text) {
  Table table(1, {""});
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char const c = text[i];
    auto& field = table.back().back();
    if (quoted) {
      if (c != '"')
        field += c;
      else if (i + 1 < text.size() && text[i + 1] == '"')
        field += text[++i];
      else
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      table.back().emplace_back();
    } else if (c == '\n') {
      table.push_back({""});
    } else {
      field += c;
    }
  }
  table.pop_back();    // after the last line feed
  return table;
}

TEST(Csv, sustained_has_a_row_a_trial) {
  auto summary = testing::sample_summary();
  EXPECT_EQ(render_sustained_csv(summary),
            "cell,at_s,metric,unit,value,temp_c,cpu_mhz,power_w,throttled\n"
            "demo/llama/extract/fa,0,decode_tps,tok/s,182,60.5,3600,15.25,0\n"
            "demo/llama/extract/fa,450.5,decode_tps,tok/s,121,,,,1\n");
  summary.sustained[0].cell = "a,b";
  EXPECT_TRUE(render_sustained_csv(summary).contains("\n\"a,b\",0,"));
}

TEST(Csv, golden) {
  testing::expect_golden(EDGELAB_SOURCE_DIR "/tests/golden/summary.csv", render_csv(testing::sample_summary()));
}

TEST(Csv, every_row_has_every_column_and_quoted_text_reads_back) {
  auto const summary = testing::sample_summary();
  auto const table = parse_csv(render_csv(summary));
  std::size_t rows = 1;
  for (auto const& cell : summary.cells) rows += std::max<std::size_t>(cell.metrics.size(), 1);
  ASSERT_EQ(table.size(), rows);
  for (auto const& row : table) EXPECT_EQ(row.size(), table[0].size());

  auto const column = [&](std::string const& name) {
    return static_cast<std::size_t>(std::ranges::find(table[0], name) - table[0].begin());
  };
  bool seen = false;
  for (auto const& row : table) {
    if (row[column("status")] != "failed") continue;
    seen = true;
    EXPECT_EQ(row[column("round")], "kv-q4|\"odd\", name");
    EXPECT_EQ(row[column("reason")], summary.cells[6].reason);
    EXPECT_EQ(row[column("metric")], "");
    EXPECT_EQ(row[column("trials_failed")], "10");
  }
  EXPECT_TRUE(seen);
}

TEST(Csv, numbers_read_back_exactly) {
  auto summary = testing::small_summary();
  summary.cells[0].metrics[0].mean = 0.1 + 0.2;
  auto const table = parse_csv(render_csv(summary));
  EXPECT_EQ(std::stod(table[1][14]), 0.1 + 0.2);
  EXPECT_EQ(table[0][14], "mean");
  EXPECT_EQ(table[1][16], "");    // one block has no interval
}

}  // namespace
}  // namespace edgelab::report
