// Small helpers for text that people read and write.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace edgelab {

[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);
[[nodiscard]] std::string join(std::span<std::string const> parts, std::string_view separator);

// The candidate with the smallest edit distance to `name`, if it is near enough to be what was meant
// (at most a third of the letters differ).
[[nodiscard]] std::optional<std::string> nearest_name(std::string_view name,
                                                      std::span<std::string const> candidates);

// " (did you mean 'x'?)", or nothing.
[[nodiscard]] std::string suggestion(std::string_view name, std::span<std::string const> candidates);

[[nodiscard]] std::string format_bytes(double bytes);      // "5.2 MiB"
[[nodiscard]] std::string format_duration(double seconds); // "1 h 02 min", "3 min 20 s", "4.1 s"
[[nodiscard]] std::string utc_now();                       // "2026-01-31T12:00:00.123Z"

}  // namespace edgelab
