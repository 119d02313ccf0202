#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <format>
#include <sstream>

#include "golden/golden.hpp"
#include "report/report.hpp"
#include "report/samples.hpp"
#include "report/words.hpp"

namespace edgelab::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string without_colours(std::string text) {
  for (auto begin = text.find("\x1b["); begin != std::string::npos; begin = text.find("\x1b["))
    text.erase(begin, text.find('m', begin) - begin + 1);
  return text;
}

TEST(Terminal, golden) {
  auto const summary = testing::sample_summary();
  std::string all;
  for (int const columns : {180, 100, 60})
    all += std::format("==== {} columns\n{}", columns, render_terminal(summary, columns));
  testing::expect_golden(EDGELAB_SOURCE_DIR "/tests/golden/terminal.txt",
                         all + render_terminal(testing::small_summary(), 100));
}

TEST(Terminal, no_line_is_wider_than_the_terminal) {
  for (auto const& summary : {testing::sample_summary(), testing::small_summary()})
    for (int columns = 20; columns <= 220; ++columns) {
      std::istringstream text(render_terminal(summary, columns));
      for (std::string line; std::getline(text, line);)
        EXPECT_LE(width_of(line), static_cast<std::size_t>(columns)) << line;
    }
}

TEST(Terminal, ratios_against_an_executor_stand_under_their_own_names) {
  auto summary = testing::sample_summary();
  for (auto& cell : summary.cells) {
    if (cell.vs_baseline.empty()) continue;
    auto ratios = cell.vs_baseline;
    for (auto& ratio : ratios) ratio.ratio = ratio.name == "decode_tps" ? 1.11 : 7.77, ratio.ci95.reset();
    cell.versus = {{.round = cell.round, .ratios = ratios, .executor = "other"}};
  }
  int narrowed = 0;
  for (int columns = 40; columns <= 220; ++columns) {
    std::istringstream text(render_terminal(summary, columns));
    std::string line;
    while (std::getline(text, line) && !line.starts_with("against other")) {}
    if (!line.contains("decode") || line.contains("first token")) continue;     // one metric alone
    ASSERT_TRUE(std::getline(text, line));
    EXPECT_THAT(line, HasSubstr("1.11")) << columns;
    EXPECT_THAT(line, Not(HasSubstr("7.77"))) << columns;
    ++narrowed;
  }
  EXPECT_GT(narrowed, 0);
}

TEST(Terminal, colours_only_when_asked_for_and_nothing_else_changes) {
  auto const summary = testing::sample_summary();
  auto const plain = render_terminal(summary, 120);
  auto const coloured = render_terminal(summary, 120, Colours::yes);
  EXPECT_THAT(plain, Not(HasSubstr("\x1b")));
  EXPECT_THAT(coloured, HasSubstr("\x1b[32m1.50× (1.45–1.55) faster"));
  EXPECT_EQ(without_colours(coloured), plain);
}

TEST(Terminal, what_matters_most_stays_when_space_is_short) {
  auto const text = render_terminal(testing::sample_summary(), 50);
  EXPECT_THAT(text, HasSubstr("1.50× (1.45–1.55) faster"));
  EXPECT_THAT(text, HasSubstr("1.01× (0.98–1.04) ≈"));
  EXPECT_THAT(text, HasSubstr("draft: unsupported: speculative-decoding"));
}

TEST(Terminal, an_executors_last_words_cannot_drive_the_terminal) {
  auto summary = testing::small_summary();
  summary.cells[2].reason = "\x1b]0;title\x07 \x9b red";
  EXPECT_THAT(render_terminal(summary, 100), Not(HasSubstr("\x1b")));
  EXPECT_THAT(render_terminal(summary, 100), Not(HasSubstr("\x9b red")));
}

}  // namespace
}  // namespace edgelab::report
