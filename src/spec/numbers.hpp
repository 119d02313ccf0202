// Numbers and lists as text, the same on every platform and in every locale.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace edgelab::spec {

// The whole text is a number of that kind, or nullopt. Never inf or nan.
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);
[[nodiscard]] std::optional<double> parse_real(std::string_view text);

// A JSON array of strings.
[[nodiscard]] std::string json_list(std::span<std::string const> items);

}  // namespace edgelab::spec
