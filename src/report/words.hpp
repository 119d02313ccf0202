// Numbers and comparisons as people read them. The same words in every report.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "types/summary.hpp"

namespace edgelab::report {

// Four significant digits: "182.3", "0.04217", "12340".
[[nodiscard]] std::string number(double value);
// With its unit where that is not in the table's head: "21.35 ms", "5.2 MiB".
[[nodiscard]] std::string quantity(double value, std::string_view unit);

// What a ratio's interval says. Only an interval that leaves out 1 says anything; among many comparisons, only where it
// still does when they are held against one another: `doubtful` where it then does not.
enum class Verdict : std::uint8_t { better, worse, doubtful, no_difference, same, no_interval };
[[nodiscard]] Verdict verdict_of(RatioSummary const& ratio, std::string_view better);
// "faster", "slower", "smaller", "larger", "in doubt", "no difference found", "the same"; empty without an interval.
[[nodiscard]] std::string_view word_for(Verdict verdict, std::string_view metric, std::string_view better);

// "1.32× (1.28–1.36)"; "1.32×" without an interval. As many decimals as it takes to see on which side of 1 a bound is.
[[nodiscard]] std::string ratio_text(RatioSummary const& ratio);

// "4.2 %": how large a difference would have to be to be found four times in five; empty where that is not known.
[[nodiscard]] std::string detectable_text(RatioSummary const& ratio);

// "+3.2 %" for 1.032.
[[nodiscard]] std::string change_text(double ratio);

// A difference of shares in percentage points: "+3.1", "-3.1".
[[nodiscard]] std::string points_text(double share);

// What a metric is called in a table's head: "decode tok/s".
[[nodiscard]] std::string heading_for(std::string_view metric);

// Bytes that are not UTF-8 become U+FFFD: an executor's last words may be anything.
[[nodiscard]] std::string valid_utf8(std::string_view text);
// On one line and not longer than `longest` characters.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t longest);
// Columns that a text takes in a terminal, a character one.
[[nodiscard]] std::size_t width_of(std::string_view text);
// Cut to `width` columns with "…" at the end where it is longer.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t width);

}  // namespace edgelab::report
