// Prompt files: one request a line, as JSON.
#pragma once

#include <expected>
#include <filesystem>
#include <string_view>
#include <vector>

#include "spec/parse.hpp"
#include "types/experiment.hpp"

namespace edgelab::spec {

// Keys: id (the line's number where left out), prompt or messages, max_tokens, expected, choices; others are
// ignored.
// Blank lines, CRLF and a byte order mark are fine. Errors name the line of the prompt file and the column in
// bytes; after the first twenty only their number is told.
[[nodiscard]] std::expected<std::vector<Request>, Diagnostics> parse_prompts(std::string_view text,
                                                                             std::filesystem::path const& file,
                                                                             std::int32_t default_max_tokens);

inline constexpr std::size_t max_prompt_file_bytes = std::size_t{1} << 30U;
inline constexpr std::size_t max_requests = 1'000'000;

}  // namespace edgelab::spec
