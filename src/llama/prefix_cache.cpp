#include "llama/prefix_cache.hpp"

#include <algorithm>

namespace edgelab::llama {

std::size_t PrefixCache::reuse(llama_memory_t memory, llama_seq_id sequence, std::span<llama_token const> prompt,
                               std::int32_t window) {
  std::size_t common = 0;
  if (in_use() && !prompt.empty()) {
    auto const limit = std::min(tokens_.size(), prompt.size() - 1);
    while (common < limit && tokens_[common] == prompt[common]) ++common;
  }
  auto const kept = static_cast<llama_pos>(common);
  bool usable = common > 0 && llama_memory_seq_rm(memory, sequence, kept, -1);
  if (usable && window > 0) {
    // The next token looks back over `window` positions, its own among them.
    usable = llama_memory_seq_pos_min(memory, sequence) <= std::max(0, kept + 1 - window);
  }
  if (usable && llama_memory_seq_pos_max(memory, sequence) == kept - 1) return common;
  llama_memory_seq_rm(memory, sequence, -1, -1);
  return 0;
}

void PrefixCache::remember(std::span<llama_token const> tokens) {
  if (in_use()) tokens_.assign(tokens.begin(), tokens.end());
}

}  // namespace edgelab::llama
