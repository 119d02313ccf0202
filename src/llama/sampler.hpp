// Picks the next token from logits.
#pragma once

#include <llama.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace edgelab::llama {

struct Sampling {
  double temperature = 0.0;   // 0: greedy
  std::int32_t top_k = 0;     // 0: off
  double top_p = 1.0;
};

// The index of the largest, the first of several; -1 where none is larger than minus infinity (NaNs).
[[nodiscard]] llama_token argmax(std::span<float const> logits);

// One request's sampler. Greedy needs one pass over the logits; anything else goes through llama.cpp's samplers in
// the order top-k, top-p, temperature, draw.
class Sampler {
 public:
  // REQUIRES: `forbidden` outlives the sampler. Tokens never picked (end tokens, where the length is forced).
  Sampler(Sampling const& sampling, std::uint64_t seed, std::span<llama_token const> forbidden);

  // May write to `logits`. -1 if they are not numbers.
  [[nodiscard]] llama_token pick(std::span<float> logits);

 private:
  struct Free {
    void operator()(llama_sampler* sampler) const { llama_sampler_free(sampler); }
  };
  std::span<llama_token const> forbidden_;
  std::unique_ptr<llama_sampler, Free> chain_;   // null: greedy
  std::vector<llama_token_data> candidates_;
};

}  // namespace edgelab::llama
