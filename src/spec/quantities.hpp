// Numbers with units.
#pragma once

#include <optional>
#include <string_view>

namespace edgelab::spec {

// Seconds: "500ms", "90s", "10m", "1h30m"; a number alone is seconds. Nullopt for anything else, 0 and less.
[[nodiscard]] std::optional<double> parse_duration(std::string_view text);

// A share of one: "2%" or "0.02". Nullopt for anything else, for 0 and less and for 100 % and more.
[[nodiscard]] std::optional<double> parse_share(std::string_view text);

}  // namespace edgelab::spec
