// llama.cpp's examples of speculative decoding. Each answers one prompt and ends; figures are those it prints, so that
// starting it and loading the model are in none.
#pragma once

#include <filesystem>

#include "core/result.hpp"
#include "support/generation.hpp"

namespace edgelab::bench {

// llama-lookup: drafts from the n-grams (1 to 4 tokens) of the text so far.
[[nodiscard]] Result<Generation> llama_lookup(std::filesystem::path const& model, Prompt const& prompt);

// llama-speculative-simple: drafts with a smaller model.
[[nodiscard]] Result<Generation> llama_speculative_simple(std::filesystem::path const& model,
                                                          std::filesystem::path const& draft, Prompt const& prompt);

}  // namespace edgelab::bench
