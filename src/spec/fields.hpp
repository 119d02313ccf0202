// What each key of the experiment file means and which values it takes: the reader checks by it, the JSON Schema
// describes by it.
#pragma once

#include <limits>
#include <span>
#include <string_view>
#include <vector>

namespace edgelab::spec {

struct Field {
  std::string_view noun;    // of the struct, as in document.hpp
  std::string_view key;
  std::string_view help;
  std::vector<std::string_view> choices{};
  double minimum = -std::numeric_limits<double>::infinity();
  double maximum = std::numeric_limits<double>::infinity();
};

[[nodiscard]] std::span<Field const> fields();

// nullptr only for a struct or key that fields.cpp forgot; a test finds those.
[[nodiscard]] Field const* find_field(std::string_view noun, std::string_view key);

inline constexpr std::string_view schema_version = "edge-llm-lab/1";

}  // namespace edgelab::spec
