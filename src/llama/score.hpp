// Teacher-forced log-probabilities: how likely the model finds each token of a text, given those before it.
#pragma once

#include <llama.h>

#include <cstdint>
#include <span>
#include <vector>

#include "llama/context.hpp"
#include "llama/model.hpp"
#include "llama/refusal.hpp"

namespace edgelab::llama {

// log softmax(logits)[token], summed in double precision.
[[nodiscard]] double log_probability(std::span<float const> logits, llama_token token);

// log p(tokens[i] | tokens before), i from 1: one less than tokens. Evaluates a ubatch at a time, so that no more than
// one ubatch's logits are held. REQUIRES: a context with n_outputs_max >= n_ubatch and room for all tokens.
[[nodiscard]] Outcome<std::vector<double>> score(Model const& model, Context& context,
                                                 std::vector<llama_token>& tokens);

}  // namespace edgelab::llama
