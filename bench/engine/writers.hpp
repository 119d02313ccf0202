// Sides that write texts, one prompt at a time: ours with some flags, llama-server, the one-shot programs.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/ours.hpp"
#include "peers/llama_server.hpp"
#include "support/generation.hpp"
#include "support/turns.hpp"

namespace edgelab::bench {

// What is written in each turn, and who wrote what.
struct Writing {
  std::vector<Prompt> prompts;
  int per_turn = 6;
  Agreement agreement{};
};

// Each side's value is the rate of generation.hpp over the turn's prompts. All keep a reference to `writing`.
[[nodiscard]] Side ours_writes(std::string name, Writing& writing, Ours& ours, Flags flags);
[[nodiscard]] Side server_writes(std::string name, Writing& writing, LlamaServer& server);
using WriteOne = std::function<Result<Generation>(Prompt const&)>;
[[nodiscard]] Side program_writes(std::string name, Writing& writing, WriteOne write);

}  // namespace edgelab::bench
