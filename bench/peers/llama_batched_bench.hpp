// llama-batched-bench: sequences in lockstep, without sampling, requests or scheduling.
#pragma once

#include <filesystem>

#include "core/result.hpp"

namespace edgelab::bench {

// `sequences` prompts of `prompt_tokens` are read together, then `generated_tokens` steps generate one token for each.
// Returns all generated tokens over the time of both, by its own account; its time to start is not in it.
[[nodiscard]] Result<double> llama_batched_bench(std::filesystem::path const& model, int sequences, int prompt_tokens,
                                                 int generated_tokens);

}  // namespace edgelab::bench
