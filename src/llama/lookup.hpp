// Prompt lookup: drafts by finding the last tokens of a text earlier in it. No second model.
#pragma once

#include <llama.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "llama/draft.hpp"

namespace edgelab::llama {

// An index of all n-grams of one text, from `shortest` to `longest` tokens: the most recent place of each. Adding a token
// costs an insertion for each length, finding a match at most as many look-ups, however long the text is.
class LookupIndex {
 public:
  // REQUIRES: 1 <= shortest <= longest.
  LookupIndex(std::int32_t shortest, std::int32_t longest)
      : shortest_(static_cast<std::size_t>(shortest)), places_(static_cast<std::size_t>(longest - shortest + 1)) {}

  // Another text.
  void clear();

  // Fills `draft` with the `most` tokens that followed the longest n-gram at the end of `text` when it last stood in it;
  // leaves it empty where none did. REQUIRES: `text` begins with what it was in the calls before, since clear().
  void find(std::span<llama_token const> text, std::size_t most, Draft& draft);

 private:
  [[nodiscard]] std::size_t longest() const { return shortest_ + places_.size() - 1; }

  std::size_t shortest_;
  // For each hash of n tokens the place after the last of them, for n - shortest in the order of the vector. Two n-grams
  // of one hash take each other's place; find() compares the tokens.
  std::vector<std::unordered_map<std::uint64_t, std::uint32_t>> places_;
  std::size_t indexed_ = 0;  // tokens of the text whose n-grams are in it
};

}  // namespace edgelab::llama
