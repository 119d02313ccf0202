// Text with names in braces that are filled in: "-n {max_tokens}". {{ and }} stand for braces. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace edgelab {

struct TemplatePiece {
  bool is_name = false;   // else text, as it is
  std::string text;
};

// Fails where a brace is opened and not closed, or nothing stands in it.
[[nodiscard]] Result<std::vector<TemplatePiece>> parse_template(std::string_view text);

// The text with every name replaced by what `value_of` gives for it; fails at the first for which that is nothing.
using ValueOf = std::function<std::optional<std::string>(std::string_view name)>;
[[nodiscard]] Result<std::string> fill_template(std::vector<TemplatePiece> const& pieces, ValueOf const& value_of);

}  // namespace edgelab
