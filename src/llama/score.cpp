#include "llama/score.hpp"

#include <algorithm>
#include <cmath>

#include "llama/log.hpp"

namespace edgelab::llama {

double log_probability(std::span<float const> logits, llama_token token) {
  float const largest = *std::ranges::max_element(logits);
  double sum = 0.0;
  for (auto const logit : logits) sum += static_cast<double>(std::exp(logit - largest));
  return static_cast<double>(logits[static_cast<std::size_t>(token)] - largest) - std::log(sum);
}

Outcome<std::vector<double>> score(Model const& model, Context& context, std::vector<llama_token>& tokens) {
  auto* const handle = context.handle.get();
  llama_memory_clear(llama_get_memory(handle), true);
  std::size_t const most = std::min(llama_n_ubatch(handle), llama_n_batch(handle));
  std::vector<std::int8_t> wants_logits(most, 1);
  std::vector<double> logprobs;
  logprobs.reserve(tokens.size());
  // The last token predicts nothing that is asked for.
  for (std::size_t first = 0; first + 1 < tokens.size(); first += most) {
    auto const count = std::min(most, tokens.size() - 1 - first);
    auto batch = llama_batch_get_one(tokens.data() + first, static_cast<std::int32_t>(count));
    batch.logits = wants_logits.data();
    auto const code = llama_decode(handle, batch);
    if (code == 2) return refuse("cancelled", "cancelled on request");
    if (code != 0) return std::unexpected(log::refusal("llama_decode returned " + std::to_string(code), log::take()));
    for (std::size_t i = 0; i < count; ++i) {
      auto const* logits = llama_get_logits_ith(handle, static_cast<std::int32_t>(i));
      if (logits == nullptr) return refuse("failed", "llama.cpp gave no logits for a token of the text");
      auto const logprob = log_probability({logits, static_cast<std::size_t>(model.n_vocab)}, tokens[first + i + 1]);
      if (!std::isfinite(logprob)) return refuse("failed", "the model's logits are not numbers");
      logprobs.push_back(logprob);
    }
  }
  return logprobs;
}

}  // namespace edgelab::llama
