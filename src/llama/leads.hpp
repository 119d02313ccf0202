// Whether what was generated is what the model says, token by token, and how sure that can be.
#pragma once

#include <llama.h>

#include <cstddef>
#include <functional>
#include <vector>

#include "llama/context.hpp"
#include "llama/model.hpp"
#include "llama/refusal.hpp"

namespace edgelab::llama {

// A prompt and what followed it.
struct Judged {
  std::vector<llama_token> tokens;   // all of them
  std::size_t prompt = 0;            // so many are the prompt; at least one
  bool ended = false;                // the model ended it there
};

// For each token after the prompt the lead of the likeliest one over it, in logits: 0 where it was the likeliest. One more
// where the model ended it: over the likeliest token that ends.
[[nodiscard]] Outcome<std::vector<double>> leads(Model const& model, Context& context, Judged const& judged);

// The largest difference of a logit, over the rows after the prompt and all tokens, between evaluating one token at a time
// in `context` and in batches of other sizes in `beside`, which has the same settings.
[[nodiscard]] Outcome<double> shape_noise(Model const& model, Context& context, Context& beside, Judged const& judged);

// The same between `context` and one of other settings, both one token at a time and in batches.
[[nodiscard]] Outcome<double> settings_noise(Model const& model, Context& context, Context& other,
                                             Judged const& judged);

}  // namespace edgelab::llama
