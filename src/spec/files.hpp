#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "core/result.hpp"

namespace edgelab::spec {

// All bytes of a regular file. Errors say what it is instead: "not there", "a folder", ...
[[nodiscard]] Result<std::string> read_whole_file(std::filesystem::path const& file, std::size_t max_bytes);

}  // namespace edgelab::spec
