// Files of prompts: JSON Lines, conversations in ShareGPT's form, plain text.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/parse.hpp"
#include "types/experiment.hpp"

namespace edgelab::spec {

// jsonl: one request a line. sharegpt: a JSON list of conversations. lines: each line a prompt. text: all of it one prompt.
enum class PromptFormat : std::uint8_t { jsonl, sharegpt, lines, text };

// By its name ("sharegpt"), or by the ending of a file's: .json is sharegpt, .txt lines, all else jsonl.
[[nodiscard]] std::optional<PromptFormat> prompt_format(std::string_view name);
[[nodiscard]] PromptFormat format_of(std::filesystem::path const& file);

struct PromptOptions {
  std::int32_t max_tokens = 128;             // where a line does not say
  std::vector<std::string> tags{};           // jsonl: only lines with one of these; empty: all
  std::optional<std::int32_t> max_turns{};   // of a conversation
};

// A file's requests; the turns of a conversation stand together. CRLF and a byte order mark are fine. Errors name the line
// of the prompt file and the column in bytes; after the first twenty only their number is told.
using PromptsRead = std::expected<std::vector<Request>, Diagnostics>;
[[nodiscard]] PromptsRead parse_prompts(std::string_view text, std::filesystem::path const& file, PromptFormat format,
                                        PromptOptions const& options);

// Keys of a line: id (the line's number where left out), prompt, messages or conversation, max_tokens, expected or schema,
// choices, tags; others are ignored. Blank lines are fine.
[[nodiscard]] PromptsRead parse_json_lines(std::string_view text, std::filesystem::path const& file,
                                           PromptOptions const& options);

// A list of {"id": …, "conversations": [{"from": "human", "value": …}, …]}; also with OpenAI's names: "messages" with "role"
// and "content". Answers before the first question are left out, and conversations without a question.
[[nodiscard]] PromptsRead parse_sharegpt(std::string_view text, std::filesystem::path const& file,
                                         PromptOptions const& options);

inline constexpr std::size_t max_prompt_file_bytes = std::size_t{1} << 30U;
inline constexpr std::size_t max_requests = 1'000'000;

}  // namespace edgelab::spec
