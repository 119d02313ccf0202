// Tokens that a drafter proposes to follow a text, to be verified by the target in one step.
#pragma once

#include <llama.h>

#include <cstdint>
#include <vector>

#include "llama/sampler.hpp"

namespace edgelab::llama {

struct Draft {
  // Whence it came, which says how far to trust it: matched n-grams of so many tokens, or 0, the draft model.
  std::int32_t matched = 0;
  std::vector<llama_token> tokens;
  std::vector<Distribution> drawn_from;   // of each token; empty where they are certain (Sampler::judge)

  void clear() {
    matched = 0;
    tokens.clear();
    drawn_from.clear();
  }
  [[nodiscard]] std::size_t size() const { return tokens.size(); }
};

}  // namespace edgelab::llama
