// Whether bytes are text at all.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "spec/parse.hpp"

namespace edgelab::spec {

// The place of the first byte that is not UTF-8 text (a NUL byte is not), or nullopt.
[[nodiscard]] std::optional<Diagnostic> not_text(std::string_view bytes, std::filesystem::path const& file);

[[nodiscard]] std::string_view without_bom(std::string_view text);

}  // namespace edgelab::spec
