#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <sstream>

#include "golden/golden.hpp"
#include "report/report.hpp"
#include "report/samples.hpp"
#include "report/text_table.hpp"

namespace edgelab::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> lines_of(std::string const& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

int bars(std::string const& line) {
  int count = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\\')
      ++i;
    else if (line[i] == '|')
      ++count;
  }
  return count;
}

// The first line with all of these in it.
std::string line_with(std::string const& text, std::vector<std::string> const& parts) {
  for (auto const& line : lines_of(text))
    if (std::ranges::all_of(parts, [&](auto const& part) { return line.contains(part); })) return line;
  return "(no such line)";
}

TEST(Markdown, golden) {
  testing::expect_golden(EDGELAB_SOURCE_DIR "/tests/golden/report.md",
                         render_markdown(testing::sample_summary(), testing::sample_environment()));
}

TEST(Markdown, golden_of_one_block) {
  testing::expect_golden(EDGELAB_SOURCE_DIR "/tests/golden/report-one-block.md",
                         render_markdown(testing::small_summary(), "not JSON"));
}

TEST(Markdown, every_row_of_a_table_has_its_columns) {
  int expected = 0;
  for (auto const& line : lines_of(render_markdown(testing::sample_summary(), testing::sample_environment()))) {
    if (!line.starts_with('|')) {
      expected = 0;
      continue;
    }
    if (expected == 0) expected = bars(line);
    EXPECT_EQ(bars(line), expected) << line;
  }
}

TEST(Markdown, verdicts_follow_the_intervals) {
  auto const text = render_markdown(testing::sample_summary(), "");
  EXPECT_THAT(line_with(text, {"| `lookup`", "speculative"}), HasSubstr("1.50× (1.45–1.55) **faster**"));
  EXPECT_THAT(line_with(text, {"| `kv-q8`", "caching"}), HasSubstr("0.88× (0.85–0.90) **slower**"));
  EXPECT_THAT(line_with(text, {"| `no-mmap`", "memory"}), HasSubstr("1.01× (0.98–1.04) no difference found"));
  EXPECT_THAT(line_with(text, {"| `no-mmap`", "memory"}), Not(HasSubstr("faster")));
  EXPECT_THAT(line_with(text, {"- **faster**: `lookup`"}), Not(HasSubstr("no-mmap")));
  EXPECT_THAT(text, HasSubstr("- no difference found: `no-mmap`"));
  EXPECT_THAT(text, HasSubstr("`draft` (unsupported)"));
}

TEST(Markdown, overlapping_requests_are_judged_by_what_all_get) {
  auto const text = render_markdown(testing::sample_summary(), "");
  EXPECT_THAT(text, HasSubstr("workload `serve`, by `system_tps`"));
  EXPECT_THAT(text, HasSubstr("workload `extract`, by `decode_tps`"));
}

TEST(Markdown, one_block_draws_no_conclusion) {
  auto const text = render_markdown(testing::small_summary(), "");
  auto const conclusions = text.substr(0, text.find("## How to read this"));
  for (auto const* word : {"faster", "slower", "no difference"}) EXPECT_THAT(conclusions, Not(HasSubstr(word)));
  EXPECT_THAT(text, HasSubstr("one block only, so no interval and no conclusion: `fast` 1.25×"));
  EXPECT_THAT(text, HasSubstr("`fast` (no baseline to compare with)"));
}

TEST(Markdown, flags_that_are_not_in_force_stand_out) {
  auto const text = render_markdown(testing::sample_summary(), "");
  EXPECT_THAT(line_with(text, {"`cont-batching`", "`off`"}), HasSubstr("`off` **differs**"));
  EXPECT_THAT(line_with(text, {"`kv-q8`", "`cache-type-v`"}),
              Not(HasSubstr("differs")));    // unknown is no contradiction
  EXPECT_THAT(line_with(text, {"`kv-q8`", "`n_ctx`"}), HasSubstr("`768`"));    // nobody asked, and it is different
}

TEST(Markdown, says_what_no_difference_could_have_been) {
  auto const text = render_markdown(testing::sample_summary(), "");
  EXPECT_THAT(line_with(text, {"| `no-mmap`", "memory"}), HasSubstr("no difference found (would see 4.1 %)"));
  EXPECT_THAT(text, HasSubstr("Benjamini–Hochberg over these 19"));
  EXPECT_THAT(line_with(text, {"| `fa`", "parallelization"}), HasSubstr("in doubt"));
}

TEST(Markdown, says_what_techniques_give_together) {
  auto const text = render_markdown(testing::sample_summary(), "");
  EXPECT_THAT(text, HasSubstr("`fa` and `lookup` together give 1.91×; independent they would give 1.97×"));
  EXPECT_THAT(text, HasSubstr("no interaction found"));
  EXPECT_THAT(text, HasSubstr("**worse together**"));
  EXPECT_THAT(text, HasSubstr("−`fa:draft`"));
  EXPECT_THAT(text, HasSubstr("0.5 `lookup:draft`"));
}

TEST(Markdown, says_what_is_left_to_choose) {
  auto const text = render_markdown(testing::sample_summary(), "");
  EXPECT_THAT(text, HasSubstr("By `decode_tps`, `ttft_ms`, `rss_peak_bytes`, 2 of 4 rounds are left: `lookup`, `fa`."));
  EXPECT_THAT(text, HasSubstr("Left out, for want of blocks or of one of the figures: `draft`"));
}

TEST(Markdown, says_what_became_of_the_answers) {
  auto const text = render_markdown(testing::sample_summary(), "");
  EXPECT_THAT(text,
              HasSubstr("`kv-q8` gives **fewer** right answers than `baseline`: 17 right became wrong and 1 wrong "
                        "became right."));
  EXPECT_THAT(line_with(text, {"`lookup`", "96.9 %"}), HasSubstr("+0.0"));
  EXPECT_THAT(line_with(text, {"`fa`", "round otherwise"}), HasSubstr("token 12, `extract-0007`"));
  EXPECT_THAT(line_with(text, {"`no-mmap`", "change nothing"}), HasSubstr("**not exact**"));
  EXPECT_THAT(line_with(text, {"`lookup`", "round otherwise"}), HasSubstr("the same"));
  EXPECT_THAT(text, HasSubstr("Control: of 80 requests"));
}

TEST(Markdown, nothing_in_it) {
  Summary summary;
  summary.experiment = "empty";
  EXPECT_THAT(render_markdown(summary, ""), HasSubstr("# empty"));
}

TEST(TextTable, escapes) {
  EXPECT_EQ(escaped("a|b*c_d`e<f>[g]\\"), "a\\|b\\*c\\_d\\`e\\<f\\>\\[g\\]\\\\");
  EXPECT_EQ(escaped("a\nb"), "a b");
  EXPECT_EQ(code("a_b*c"), "`a_b*c`");
  EXPECT_EQ(code("a|b"), "a\\|b");
  EXPECT_EQ(code("a`b"), "a\\`b");
  EXPECT_EQ(code(""), "");
}

}  // namespace
}  // namespace edgelab::report
