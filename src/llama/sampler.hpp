// Picks the next token from logits, and judges tokens that a draft proposes.
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

// How sure a draft model is of its likeliest token: its probability among the ten likeliest, which is what llama.cpp's drafters
// hold against draft-p-min. REQUIRES: some logit above minus infinity.
inline constexpr std::size_t candidates_of_a_draft = 10;
[[nodiscard]] double confidence(std::span<float const> logits);

// What a token is drawn from: the candidates left by top-k and top-p, probabilities that sum to 1. Tokens that are not
// listed have none.
struct Distribution {
  std::vector<llama_token> tokens;
  std::vector<float> p;

  [[nodiscard]] float of(llama_token token) const;
};

// A judged proposal: `token` is the proposed one where accepted, else the one to take in its place; -1 if the logits
// are not numbers.
struct Verdict {
  bool accepted = false;
  llama_token token = -1;
};

// One request's sampler. Greedy needs one pass over the logits; anything else applies llama.cpp's samplers in the
// order top-k, top-p, temperature, and then draws.
class Sampler {
 public:
  // REQUIRES: `forbidden` outlives the sampler. Tokens never picked (end tokens, where the length is forced).
  Sampler(Sampling const& sampling, std::uint64_t seed, std::span<llama_token const> forbidden);

  [[nodiscard]] bool greedy() const { return chain_ == nullptr; }

  // May write to `logits`. -1 if they are not numbers.
  [[nodiscard]] llama_token pick(std::span<float> logits);

  // The same as pick(), and what was drawn from goes to `from`. REQUIRES: not greedy.
  [[nodiscard]] llama_token pick(std::span<float> logits, Distribution& from);

  // Whether the target, with these logits, takes `proposed`. A proposal that was certain (`drawn_from` is null: looked
  // up, or the likeliest of a draft model) is taken where the target picks the same. One that was drawn is taken with
  // probability min(1, p/q), and otherwise replaced by a draw from max(0, p - q): the result is distributed as the
  // target's own pick (Leviathan et al. 2023, "Fast Inference from Transformers via Speculative Decoding", theorem 1).
  [[nodiscard]] Verdict judge(std::span<float> logits, llama_token proposed, Distribution const* drawn_from);

 private:
  struct Free {
    void operator()(llama_sampler* sampler) const { llama_sampler_free(sampler); }
  };

  void forbid(std::span<float> logits) const;
  [[nodiscard]] bool distribute(std::span<float> logits, Distribution& out);   // false: not numbers
  [[nodiscard]] double uniform();                                              // in [0, 1)
  [[nodiscard]] llama_token draw(std::span<llama_token const> tokens, std::span<float const> weights, double sum);

  std::span<llama_token const> forbidden_;
  std::unique_ptr<llama_sampler, Free> chain_;   // null: greedy
  std::uint64_t seed_;
  std::uint64_t draws_ = 0;
  std::vector<llama_token_data> candidates_;
  Distribution own_;                             // of the target, while it judges or picks
  std::vector<float> rest_;                      // max(0, p - q)
  std::vector<float> proposal_;                  // q by token; all zero between calls
};

}  // namespace edgelab::llama
