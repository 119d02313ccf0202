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

using ::testing::AnyOf;
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

TEST(Markdown, heat_is_told_where_there_is_something_to_tell) {
  auto summary = testing::sample_summary();
  auto const text = render_markdown(summary, "");
  EXPECT_THAT(text, HasSubstr("**The processor was throttled** for its heat in 2 of 10 blocks: 3, 7."));
  EXPECT_THAT(text, HasSubstr("3 waits for the processor to cool to 58.2 °C, 3 min 10 s in all"));
  EXPECT_THAT(text, HasSubstr("1 of them ended at the limit"));
  EXPECT_THAT(text, HasSubstr("The last window is 0.67× (0.62–0.69) of the first: it slowed down."));
  EXPECT_THAT(line_with(text, {"300–600 s"}), HasSubstr(" – |"));    // no power there
  summary.thermal = {.blocks_watched = 10};
  summary.sustained = {};
  auto const cool = render_markdown(summary, "");
  EXPECT_THAT(cool, HasSubstr("The processor was not throttled in any of 10 blocks."));
  EXPECT_THAT(cool, Not(HasSubstr("waits for the processor")));
  EXPECT_THAT(cool, Not(HasSubstr("Over a longer time")));
  summary.thermal = {};
  EXPECT_THAT(render_markdown(summary, ""), Not(AnyOf(HasSubstr("was throttled** for"), HasSubstr("throttled in any"))));
}

TEST(Markdown, a_change_that_no_interval_shows_is_none) {
  auto summary = testing::sample_summary();
  summary.sustained[0].ci95 = {0.5, 1.25};
  EXPECT_THAT(render_markdown(summary, ""), HasSubstr("of the first: no difference found."));
  summary.sustained[0].ratio = 1.25;
  summary.sustained[0].ci95 = {1.125, 1.5};
  EXPECT_THAT(render_markdown(summary, ""), HasSubstr("it became faster"));
  summary.sustained[0].ratio.reset();
  summary.sustained[0].ci95.reset();
  EXPECT_THAT(render_markdown(summary, ""), Not(HasSubstr("The last window")));
}

TEST(Markdown, sensors_are_a_line_each) {
  auto const text = render_markdown(testing::sample_summary(), testing::sample_environment());
  EXPECT_THAT(line_with(text, {"sensors", "temperature"}), HasSubstr("rate 4/s"));
  EXPECT_THAT(line_with(text, {"sensors", "battery"}), HasSubstr("absent no battery in"));
  EXPECT_THAT(line_with(text, {"bandwidth.bytes"}), HasSubstr("20.0 GiB/s"));
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
  EXPECT_THAT(
      text,
      HasSubstr("By `task_score`, in points out of 100: `fa` and `lookup` together change it by -3.1; independent "
                "they would by +0.0: **worse together**."));
  EXPECT_THAT(line_with(text, {"`fa+lookup`", "-3.1"}), HasSubstr("-3.1 (-6.2 to -0.8)    | **worse together**"));
  EXPECT_THAT(text, HasSubstr("−`fa:draft`"));
  EXPECT_THAT(text, HasSubstr("0.5 `lookup:draft`"));
}

TEST(Markdown, says_how_far_combinations_are_from_what_their_parts_are) {
  auto const text = render_markdown(testing::sample_summary(), "");
  EXPECT_THAT(
      text,
      HasSubstr("By `kld_mean`, in nats a token: `fa` and `lookup` together change it by +0.0022; independent they "
                "would by +0.00195: **worse together**."));
  EXPECT_THAT(text, HasSubstr("Effects on `kld_mean`, by least squares over 40 texts"));
}

TEST(Markdown, says_what_holds_on_which_executor) {
  auto const text = render_markdown(testing::sample_summary(), "");
  EXPECT_THAT(text, HasSubstr("By `decode_tps`, `lookup` transfers; `fa` gains on one executor and loses on another."));
  EXPECT_THAT(line_with(text, {"| `lookup`", "1.44×"}), HasSubstr("| transfers"));
  EXPECT_THAT(line_with(text, {"| `fa`", "0.60×"}), HasSubstr("| **reverses**"));
  EXPECT_THAT(line_with(text, {"`baseline`", "56.2 %"}), HasSubstr("56.2 % (55.0–57.5) at 121.5 tok/s | 62.5 %"));
  EXPECT_THAT(line_with(text, {"| `browser`", "3 of 9"}), HasSubstr("`lookup`, `draft`"));
  auto summary = testing::sample_summary();
  summary.across_executors.reset();
  EXPECT_THAT(render_markdown(summary, ""), Not(HasSubstr("Across executors")));
}

TEST(Markdown, a_reference_elsewhere_is_named) {
  auto summary = testing::sample_summary();
  summary.divergence[0].reference_model = "f16";
  summary.divergence[0].reference_executor = "other";
  EXPECT_THAT(render_markdown(summary, ""), HasSubstr("nats a token away from `baseline` of `f16` on `other`: "));
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

TEST(Markdown, a_judges_grades_stand_apart) {
  auto const text = render_markdown(testing::sample_summary(), "");
  EXPECT_THAT(text, HasSubstr("Grades from 1 to 10 that the model `grader-70b` gave"));
  EXPECT_THAT(text, HasSubstr("`kv-q8` is graded **lower** than `baseline`."));
  EXPECT_THAT(line_with(text, {"`kv-q8`", "7.12"}), HasSubstr("-1.25 (-1.50 to -1.00)"));
  EXPECT_THAT(text, HasSubstr("- `kv-q8`: one answer is without a grade, the first since the judge gave no score"));
  EXPECT_THAT(
      text,
      HasSubstr("- choices of `demo/llama/extract/draft`: not scored, unsupported: it has no model to score with"));
  auto summary = testing::sample_summary();
  summary.judge[1].difference_ci95 = {-1.0, 0.5};
  EXPECT_THAT(render_markdown(summary, ""),
              HasSubstr("No round was found to be graded higher or lower than the reference."));
  summary.judge.clear();
  EXPECT_THAT(render_markdown(summary, ""), Not(HasSubstr("What a judge says")));
}

TEST(Markdown, an_exact_round_that_differs_is_named_with_its_first_token) {
  auto const text = render_markdown(testing::sample_summary(), "");
  EXPECT_THAT(
      text, HasSubstr("- `demo/llama/extract/no-mmap` is **not exact**: 1 of 800 answers are not `baseline`'s, in 1 of "
                      "80 requests; they part first at token 1 of `extract-0001`."));
  EXPECT_THAT(text, Not(HasSubstr("`demo/llama/extract/fa` is **not exact**")));    // it may round otherwise
  EXPECT_THAT(text, Not(HasSubstr("repeat itself")));

  auto summary = testing::sample_summary();
  for (auto& row : summary.equivalence) row.control_varied = 3;
  auto const varied = render_markdown(summary, "");
  EXPECT_THAT(varied, Not(HasSubstr("is **not exact**")));
  EXPECT_THAT(varied, HasSubstr("- `baseline` does **not repeat itself**: 3 of 80 requests"));
}

// Half as long in every block; twice as long; as long but for chance; and nothing at all.
TEST(Markdown, answers_of_another_length_are_named) {
  Summary summary;
  summary.baseline = "baseline";
  auto const add = [&](std::string name, double tokens, std::optional<RatioSummary> ratio) {
    auto cell = testing::cell_of("extract", name, name == "baseline" ? "baseline" : "custom");
    testing::add_metric(cell, "output_tokens", "tok", "higher", tokens, 0.0, 10);
    if (ratio) cell.vs_baseline = {*ratio};
    summary.cells.push_back(cell);
  };
  add("baseline", 32.0, std::nullopt);
  add("half", 16.0, testing::ratio_of("output_tokens", 0.5, 0.5, 0.5, 10));
  add("twice", 64.0, testing::ratio_of("output_tokens", 2.0, 1.9, 2.1, 10));
  add("chance", 31.0, testing::ratio_of("output_tokens", 0.97, 0.9, 1.05, 10));
  add("hardly", 31.9, testing::ratio_of("output_tokens", 0.997, 0.996, 0.998, 10));
  add("nothing", 0.0, std::nullopt);
  auto const text = render_markdown(summary, "");
  EXPECT_THAT(
      text,
      HasSubstr("- **shorter answers** from `half`: 16.00 tokens a request in the mean, `baseline` gives 32.00."));
  EXPECT_THAT(text, HasSubstr("- **longer answers** from `twice`: 64.00 tokens"));
  EXPECT_THAT(text, HasSubstr("- **shorter answers** from `nothing`: 0 tokens"));
  EXPECT_THAT(text, Not(HasSubstr("answers** from `chance`")));
  EXPECT_THAT(text, Not(HasSubstr("answers** from `hardly`")));
  auto const shown = render_terminal(summary, 120);
  EXPECT_THAT(shown, HasSubstr("half: note: shorter answers: 16.00 tokens a request, baseline gives 32.00"));
  EXPECT_THAT(shown, Not(HasSubstr("chance: note")));
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
