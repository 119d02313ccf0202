// The prompts of workloads/, in the same portions for all sides.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "peers/llama_server.hpp"
#include "support/generation.hpp"

namespace edgelab::bench {

inline constexpr std::string_view workload_names[] = {"extract", "rewrite", "longqa", "stories", "chat"};

// workloads/NAME.jsonl. Chats are written out by the server's template, so that every side gets the same text.
[[nodiscard]] Result<std::vector<Prompt>> read_prompts(std::string_view name, LlamaServer& server);

// The portion of one turn: `count` prompts, others in each turn until all have been.
[[nodiscard]] std::vector<Prompt> portion(std::span<Prompt const> prompts, int turn, int count);

}  // namespace edgelab::bench
