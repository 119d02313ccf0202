#include "llama/prefix_cache.hpp"

#include <algorithm>

namespace edgelab::llama {

namespace {

std::size_t at(llama_seq_id sequence) { return static_cast<std::size_t>(sequence); }

std::size_t common_length(std::span<llama_token const> a, std::span<llama_token const> b) {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

}  // namespace

PrefixCache::PrefixCache(PrefixPolicy const& policy, llama_memory_t memory, std::int32_t sequences)
    : policy_(policy), memory_(memory), tokens_(at(sequences)), shared_(at(sequences), 0) {
  if (!llama_memory_can_shift(memory)) policy_.reuse_chunk = 0;
}

void PrefixCache::forget_all() {
  for (auto& tokens : tokens_) tokens.clear();
  std::ranges::fill(shared_, 0);
}

std::size_t PrefixCache::common(llama_seq_id sequence, std::span<llama_token const> prompt) const {
  if (prompt.empty()) return 0;
  return common_length(tokens_[at(sequence)], prompt.first(prompt.size() - 1));
}

std::size_t PrefixCache::reuse(llama_seq_id sequence, std::span<llama_token const> prompt) {
  auto kept = policy_.keep ? common(sequence, prompt) : 0;
  if (kept > 0 && policy_.reuse_chunk > 0) kept = shift_chunks(sequence, prompt, kept);
  tokens_[at(sequence)].clear();
  auto const end = static_cast<llama_pos>(kept);
  bool usable = kept > 0 && llama_memory_seq_rm(memory_, sequence, end, -1);
  if (usable && policy_.window > 0) {
    // The next token looks back over `window` positions, its own among them.
    usable = llama_memory_seq_pos_min(memory_, sequence) <= std::max(0, end + 1 - policy_.window);
  }
  shared_[at(sequence)] = std::min(shared_[at(sequence)], kept);
  if (usable && llama_memory_seq_pos_max(memory_, sequence) == end - 1) return kept;
  llama_memory_seq_rm(memory_, sequence, -1, -1);
  shared_[at(sequence)] = 0;
  return 0;
}

// Goes through the old tokens for what follows in the prompt: a chunk that is found further on is moved down to its
// place, what stood between is removed. Keys are turned to their new positions, but were computed after other tokens:
// that is what makes it lossy. Cells that another sequence has too stay where they are: it has them there. Returns how
// many tokens of the prompt then stand in the memory.
std::size_t PrefixCache::shift_chunks(llama_seq_id sequence, std::span<llama_token const> prompt, std::size_t common) {
  std::span<llama_token const> const old = tokens_[at(sequence)];
  auto const wanted = prompt.first(prompt.size() - 1);
  auto kept = common;
  for (auto place = std::max(common, shared_[at(sequence)]); place < old.size() && kept < wanted.size();) {
    auto const length = common_length(old.subspan(place), wanted.subspan(kept));
    if (length < policy_.reuse_chunk) {
      ++place;
      continue;
    }
    auto const from = static_cast<llama_pos>(place);
    auto const to = static_cast<llama_pos>(kept);
    if (from > to) {
      llama_memory_seq_rm(memory_, sequence, to, from);
      llama_memory_seq_add(memory_, sequence, from, from + static_cast<llama_pos>(length), to - from);
    }
    kept += length;
    place += length;
  }
  return kept;
}

void PrefixCache::remember(llama_seq_id sequence, std::span<llama_token const> tokens) {
  if (policy_.keep)
    tokens_[at(sequence)].assign(tokens.begin(), tokens.end());
  else
    drop(sequence);
}

std::size_t PrefixCache::held(llama_seq_id sequence) const { return tokens_[at(sequence)].size(); }

void PrefixCache::drop(llama_seq_id sequence) {
  llama_memory_seq_rm(memory_, sequence, -1, -1);
  tokens_[at(sequence)].clear();
  shared_[at(sequence)] = 0;
}

void PrefixCache::copy(llama_seq_id from, llama_seq_id to, std::size_t count) {
  llama_memory_seq_rm(memory_, to, -1, -1);
  llama_memory_seq_cp(memory_, from, to, 0, static_cast<llama_pos>(count));
  shared_[at(from)] = std::max(shared_[at(from)], count);
  shared_[at(to)] = count;
}

}  // namespace edgelab::llama
