// What stands in the memory of each sequence when no request uses it, and what of that a new prompt can keep
// (cache-prompt, cache-reuse).
#pragma once

#include <llama.h>

#include <cstdint>
#include <span>
#include <vector>

namespace edgelab::llama {

struct PrefixPolicy {
  bool keep = false;              // cache-prompt; false: each request starts with an empty sequence
  bool share = false;             // a prefix may be copied from one sequence to another (needs a unified KV cache)
  std::size_t reuse_chunk = 0;    // cache-reuse: also keep chunks of at least so many tokens, shifted; 0: none
  std::int32_t window = 0;        // of sliding-window layers without a full-size cache; 0: none
};

class PrefixCache {
 public:
  PrefixCache(PrefixPolicy const& policy, llama_memory_t memory, std::int32_t sequences);

  [[nodiscard]] PrefixPolicy const& policy() const { return policy_; }

  // The memory has been cleared.
  void forget_all();

  // Tokens that the end of `prompt` would not have to be evaluated for, by its beginning alone: at most all but the
  // last.
  [[nodiscard]] std::size_t common(llama_seq_id sequence, std::span<llama_token const> prompt) const;

  // Leaves what is usable for `prompt` in the memory of the sequence, in the places where the prompt has it, and nothing
  // else. Returns how many tokens that are, from the prompt's first. The sequence is a request's from here on.
  [[nodiscard]] std::size_t reuse(llama_seq_id sequence, std::span<llama_token const> prompt);

  // These tokens, all evaluated, now stand in the sequence's memory, and no request uses it.
  void remember(llama_seq_id sequence, std::span<llama_token const> tokens);

  // Tokens remembered of a sequence that no request uses.
  [[nodiscard]] std::size_t held(llama_seq_id sequence) const;

  // Empties a sequence that no request uses.
  void drop(llama_seq_id sequence);

  // Gives `to` the first `count` tokens of `from`, both in use, instead of what it has. REQUIRES: policy().share.
  void copy(llama_seq_id from, llama_seq_id to, std::size_t count);

 private:
  [[nodiscard]] std::size_t shift_chunks(llama_seq_id sequence, std::span<llama_token const> prompt, std::size_t common);

  PrefixPolicy policy_;
  llama_memory_t memory_;
  std::vector<std::vector<llama_token>> tokens_;   // of each sequence
  std::vector<std::size_t> shared_;   // of each sequence: its first cells up to here may be another's too
};

}  // namespace edgelab::llama
