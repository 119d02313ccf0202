// Files that are whole or absent.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace edgelab::runner {

// Writes beside the file, then renames: a reader sees the old text or the new one, never half.
[[nodiscard]] Result<void> write_whole(std::filesystem::path const& file, std::string_view text);

[[nodiscard]] Result<std::string> read_whole(std::filesystem::path const& file);

}  // namespace edgelab::runner
