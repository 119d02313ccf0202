// llama-bench: prefill and decoding by themselves, without sampling.
#pragma once

#include <filesystem>

#include "core/result.hpp"

namespace edgelab::bench {

// Tokens per second of one test by llama-bench's own account. It warms up first; its own time to start is not in it.
[[nodiscard]] Result<double> llama_bench(std::filesystem::path const& model, int prompt_tokens, int generated_tokens);

}  // namespace edgelab::bench
