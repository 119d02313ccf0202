#include "report/words.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <format>
#include <utility>

#include "core/text.hpp"

namespace edgelab::report {

namespace {

// Length of the UTF-8 sequence at the start of `text`, or 0 where there is none: overlong forms, surrogates and what
// lies beyond U+10FFFF are none.
std::size_t sequence_length(std::string_view text) {
  auto const byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  auto const follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  unsigned const first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    unsigned const low = first == 0xe0 ? 0xa0 : 0x80;
    unsigned const high = first == 0xed ? 0x9f : 0xbf;
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    unsigned const low = first == 0xf0 ? 0x90 : 0x80;
    unsigned const high = first == 0xf4 ? 0x8f : 0xbf;
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) == 0x80U; }

std::string with_decimals(double value, int decimals) {
  return value >= 1e6 ? std::format("{:.2e}", value) : std::format("{:.{}f}", value, decimals);
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> headings{{
    {"decode_tps", "decode tok/s"},
    {"prefill_tps", "prefill tok/s"},
    {"system_tps", "all requests tok/s"},
    {"ttft_ms", "first token ms"},
    {"e2e_ms", "whole answer ms"},
    {"e2e_norm_ms", "whole answer ms"},
    {"rss_peak_bytes", "peak memory"},
    {"kv_cache_bytes", "KV cache"},
}};

}  // namespace

std::string number(double value) {
  double const size = std::abs(value);
  if (size == 0.0) return "0";
  if (size >= 999.95) return size < 1e9 ? std::format("{:.0f}", value) : std::format("{:.3e}", value);
  if (size >= 99.995) return std::format("{:.1f}", value);
  if (size >= 9.9995) return std::format("{:.2f}", value);
  return std::format("{:.4g}", value);
}

std::string quantity(double value, std::string_view unit) {
  if (unit == "B") return format_bytes(value);
  if (unit == "ratio") return number(value);
  return std::format("{} {}", number(value), unit);
}

Verdict verdict_of(RatioSummary const& ratio, std::string_view better) {
  if (!ratio.ci95) return Verdict::no_interval;
  auto const [low, high] = *ratio.ci95;
  if (low == 1.0 && high == 1.0) return Verdict::same;
  if (low <= 1.0 && high >= 1.0) return Verdict::no_difference;
  if (ratio.p_adjusted.value_or(0.0) > 0.05) return Verdict::doubtful;
  bool const more = low > 1.0;
  return more == (better == "higher") ? Verdict::better : Verdict::worse;
}

std::string_view word_for(Verdict verdict, std::string_view metric, std::string_view better) {
  bool const good = verdict == Verdict::better;
  switch (verdict) {
    case Verdict::no_interval: return "";
    case Verdict::same: return "the same";
    case Verdict::no_difference: return "no difference found";
    case Verdict::doubtful: return "in doubt";
    case Verdict::better:
    case Verdict::worse: break;
  }
  if (metric.ends_with("_ms") || metric.ends_with("_tps") || metric.ends_with("_per_s") || metric.contains("_ms_p"))
    return good ? "faster" : "slower";
  if (metric.ends_with("_bytes")) return good == (better == "lower") ? "smaller" : "larger";
  return good ? "better" : "worse";
}

std::string ratio_text(RatioSummary const& ratio) {
  if (!ratio.ci95) return with_decimals(ratio.ratio, 2) + "×";
  auto const [low, high] = *ratio.ci95;
  int decimals = 2;
  auto const unclear = [&](double bound) { return bound != 1.0 && std::stod(with_decimals(bound, decimals)) == 1.0; };
  while (decimals < 4 && (unclear(low) || unclear(high))) ++decimals;
  return std::format("{}× ({}–{})", with_decimals(ratio.ratio, decimals), with_decimals(low, decimals),
                     with_decimals(high, decimals));
}

std::string detectable_text(RatioSummary const& ratio) {
  if (!ratio.detectable) return {};
  double const percent = (*ratio.detectable - 1.0) * 100.0;
  if (percent >= 1000.0) return ">1000 %";
  return percent < 10.0 ? std::format("{:.2g} %", std::max(percent, 0.01)) : std::format("{:.0f} %", percent);
}

std::string change_text(double ratio) { return std::format("{:+.{}f} %", (ratio - 1.0) * 100.0, 1); }

std::string points_text(double share) { return std::format("{:+.1f}", share * 100.0 + 0.0); }

std::string heading_for(std::string_view metric) {
  auto const found = std::ranges::find(headings, metric, &std::pair<std::string_view, std::string_view>::first);
  return std::string(found == headings.end() ? metric : found->second);
}

std::string valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    auto const length = sequence_length(text);
    valid += length > 0 ? text.substr(0, length) : std::string_view("\xef\xbf\xbd");
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return valid;
}

std::string one_line(std::string_view text, std::size_t longest) {
  std::string line;
  for (char const c : valid_utf8(trim(text))) {
    bool const space = static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
    if (!space)
      line += c;
    else if (!line.ends_with(' '))
      line += ' ';
  }
  return shortened(line, longest);
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !is_continuation(c); }));
}

std::string shortened(std::string_view text, std::size_t width) {
  if (width_of(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::size_t end = 0;
  for (std::size_t columns = 0; end < text.size(); ++end)
    if (!is_continuation(text[end]) && ++columns == width) break;
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace edgelab::report
