// What of a sequence's memory a new prompt can keep (cache-prompt).
#pragma once

#include <llama.h>

#include <cstdint>
#include <span>
#include <vector>

namespace edgelab::llama {

class PrefixCache {
 public:
  enum class Use : std::uint8_t { never, longest_common_prefix };

  explicit PrefixCache(Use use) : use_(use) {}

  // Leaves the longest usable common prefix of `prompt` in the memory of `sequence`, and nothing else; at least the
  // prompt's last token is left to evaluate. Returns how many tokens are kept. Where a sliding window has dropped
  // what the prefix would need, nothing is kept.
  [[nodiscard]] std::size_t reuse(llama_memory_t memory, llama_seq_id sequence, std::span<llama_token const> prompt,
                                  std::int32_t window);

  // These tokens, all evaluated, now stand in the sequence's memory.
  void remember(std::span<llama_token const> tokens);

  [[nodiscard]] bool in_use() const { return use_ != Use::never; }

 private:
  Use use_;
  std::vector<llama_token> tokens_;
};

}  // namespace edgelab::llama
