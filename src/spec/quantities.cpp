#include "spec/quantities.hpp"

#include "core/text.hpp"
#include "spec/numbers.hpp"

namespace edgelab::spec {

namespace {

std::optional<double> seconds_in(std::string_view unit) {
  if (unit == "ms") return 0.001;
  if (unit == "s") return 1.0;
  if (unit == "m" || unit == "min") return 60.0;
  if (unit == "h") return 3600.0;
  return std::nullopt;
}

}  // namespace

std::optional<double> parse_duration(std::string_view text) {
  constexpr double longest = 1e9;
  text = trim(text);
  if (auto const seconds = parse_real(text)) {
    return *seconds > 0.0 && *seconds <= longest ? seconds : std::nullopt;
  }
  double sum = 0.0;
  while (!text.empty()) {
    auto const digits = std::min(text.find_first_not_of("0123456789."), text.size());
    auto const number = parse_real(text.substr(0, digits));
    text = trim(text.substr(digits));
    auto const letters = std::min(text.find_first_not_of("hmins"), text.size());
    auto const unit = seconds_in(text.substr(0, letters));
    text = trim(text.substr(letters));
    if (!number || !unit) return std::nullopt;
    sum += *number * *unit;
  }
  return sum > 0.0 && sum <= longest ? std::optional(sum) : std::nullopt;
}

std::optional<double> parse_share(std::string_view text) {
  text = trim(text);
  double scale = 1.0;
  if (text.ends_with('%')) {
    text = trim(text.substr(0, text.size() - 1));
    scale = 0.01;
  }
  auto const number = parse_real(text);
  if (!number) return std::nullopt;
  double const share = *number * scale;
  return share > 0.0 && share < 1.0 ? std::optional(share) : std::nullopt;
}

}  // namespace edgelab::spec
