#include "report/words.hpp"

#include <gtest/gtest.h>

#include "report/samples.hpp"

namespace edgelab::report {
namespace {

using testing::ratio_of;

TEST(Words, number) {
  struct Case {
    double value;
    char const* text;
  };
  for (auto const& [value, text] : {Case{0.0, "0"},
                                    {-0.0, "0"},
                                    {1.0, "1"},
                                    {182.3456, "182.3"},
                                    {21.3456, "21.35"},
                                    {9.87654, "9.877"},
                                    {0.0421678, "0.04217"},
                                    {1234.5678, "1235"},
                                    {999.97, "1000"},
                                    {99.996, "100.0"},
                                    {9.99996, "10.00"},
                                    {-182.3456, "-182.3"},
                                    {3.5e12, "3.500e+12"},
                                    {1e-12, "1e-12"}})
    EXPECT_EQ(number(value), text);
}

TEST(Words, quantity) {
  EXPECT_EQ(quantity(21.3456, "ms"), "21.35 ms");
  EXPECT_EQ(quantity(98566144.0, "B"), "94.0 MiB");
  EXPECT_EQ(quantity(0.75, "ratio"), "0.75");
}

TEST(Words, ratio_text_has_the_decimals_it_needs) {
  EXPECT_EQ(ratio_text(ratio_of("x", 1.3211, 1.2799, 1.3601, 10)), "1.32× (1.28–1.36)");
  EXPECT_EQ(ratio_text(ratio_of("x", 1.003, 1.001, 1.005, 10)), "1.003× (1.001–1.005)");
  EXPECT_EQ(ratio_text(ratio_of("x", 0.99, 0.98, 0.9999, 10)), "0.9900× (0.9800–0.9999)");
  EXPECT_EQ(ratio_text(ratio_of("x", 1.0, 1.0, 1.0, 10)), "1.00× (1.00–1.00)");
  EXPECT_EQ(ratio_text(ratio_of("x", 1.5, 0, 0, 1)), "1.50×");
  EXPECT_EQ(ratio_text(ratio_of("x", 1.5, 0.0, 1e200, 2)), "1.50× (0.00–1.00e+200)");
}

TEST(Words, detectable_and_change) {
  auto ratio = ratio_of("x", 1.0, 0.9, 1.1, 10);
  for (auto const& [detectable, text] :
       {std::pair{1.0423, "4.2 %"}, {1.234, "23 %"}, {1.00001, "0.01 %"}, {1e300, ">1000 %"}}) {
    ratio.detectable = detectable;
    EXPECT_EQ(detectable_text(ratio), text);
  }
  EXPECT_EQ(detectable_text(ratio_of("x", 1.5, 0, 0, 1)), "");
  EXPECT_EQ(change_text(1.0318), "+3.2 %");
  EXPECT_EQ(change_text(0.875), "-12.5 %");
}

TEST(Words, a_verdict_among_many_needs_an_adjusted_p_too) {
  auto ratio = ratio_of("x", 1.3, 1.2, 1.4, 10);
  ratio.p_adjusted = 0.05;
  EXPECT_EQ(verdict_of(ratio, "higher"), Verdict::better);
  ratio.p_adjusted = 0.051;
  EXPECT_EQ(verdict_of(ratio, "higher"), Verdict::doubtful);
  EXPECT_EQ(word_for(Verdict::doubtful, "decode_tps", "higher"), "in doubt");
  ratio.ci95 = {0.9, 1.4};
  EXPECT_EQ(verdict_of(ratio, "higher"), Verdict::no_difference);
}

struct VerdictCase {
  char const* metric;
  char const* better;
  double low;
  double high;
  Verdict verdict;
  char const* word;
};

TEST(Words, a_verdict_needs_an_interval_without_1_and_knows_what_is_better) {
  for (auto const& c : {
           VerdictCase{"decode_tps", "higher", 1.2, 1.4, Verdict::better, "faster"},
           {"decode_tps", "higher", 0.7, 0.8, Verdict::worse, "slower"},
           {"ttft_ms", "lower", 0.7, 0.8, Verdict::better, "faster"},
           {"ttft_ms", "lower", 1.2, 1.4, Verdict::worse, "slower"},
           {"itl_ms_p99", "lower", 1.2, 1.4, Verdict::worse, "slower"},
           {"requests_per_s", "higher", 1.2, 1.4, Verdict::better, "faster"},
           {"rss_peak_bytes", "lower", 0.5, 0.6, Verdict::better, "smaller"},
           {"rss_peak_bytes", "lower", 1.5, 1.6, Verdict::worse, "larger"},
           {"draft_acceptance", "higher", 1.2, 1.4, Verdict::better, "better"},
           {"draft_acceptance", "higher", 0.2, 0.4, Verdict::worse, "worse"},
           {"decode_tps", "higher", 0.99, 1.4, Verdict::no_difference, "no difference found"},
           {"decode_tps", "higher", 1.0, 1.4, Verdict::no_difference, "no difference found"},
           {"ttft_ms", "lower", 0.9, 1.0, Verdict::no_difference, "no difference found"},
           {"kv_cache_bytes", "lower", 1.0, 1.0, Verdict::same, "the same"},
       }) {
    auto const verdict = verdict_of(ratio_of(c.metric, 1.0, c.low, c.high, 10), c.better);
    EXPECT_EQ(verdict, c.verdict) << c.metric << " " << c.low << " " << c.high;
    EXPECT_EQ(word_for(verdict, c.metric, c.better), c.word);
  }
  auto const one_block = verdict_of(ratio_of("decode_tps", 3.0, 0, 0, 1), "higher");
  EXPECT_EQ(one_block, Verdict::no_interval);
  EXPECT_EQ(word_for(one_block, "decode_tps", "higher"), "");
}

TEST(Words, valid_utf8) {
  std::string const replaced = "\xef\xbf\xbd";
  for (std::string const good : {"", "plain", "ünï", "× – … ≈", "\xf0\x9f\x98\x80", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"})
    EXPECT_EQ(valid_utf8(good), good);
  EXPECT_EQ(valid_utf8("a\xff"
                       "b"),
            "a" + replaced + "b");
  EXPECT_EQ(valid_utf8("\xc3"), replaced);                                     // cut short
  EXPECT_EQ(valid_utf8("\xe2\x82"), replaced + replaced);
  EXPECT_EQ(valid_utf8("\xc0\x80"), replaced + replaced);                      // overlong
  EXPECT_EQ(valid_utf8("\xe0\x9f\xbf"), replaced + replaced + replaced);       // overlong
  EXPECT_EQ(valid_utf8("\xed\xa0\x80"), replaced + replaced + replaced);       // a surrogate
  EXPECT_EQ(valid_utf8("\xf4\x90\x80\x80"), replaced + replaced + replaced + replaced);   // beyond U+10FFFF
}

TEST(Words, lines) {
  EXPECT_EQ(one_line("  a\n\tb\r\n\x1b[31mc  ", 100), "a b [31mc");
  EXPECT_EQ(one_line("abcdef", 4), "abc…");
  EXPECT_EQ(shortened("üüüüü", 5), "üüüüü");
  EXPECT_EQ(shortened("üüüüü", 3), "üü…");
  EXPECT_EQ(shortened("abc", 1), "…");
  EXPECT_EQ(shortened("abc", 0), "");
  EXPECT_EQ(width_of("1.32× (1.28–1.36)"), 17u);
}

}  // namespace
}  // namespace edgelab::report
