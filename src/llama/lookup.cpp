#include "llama/lookup.hpp"

#include <algorithm>

#include "llama/mix.hpp"

namespace edgelab::llama {

namespace {

// Grows an n-gram by a token in front of it.
std::uint64_t extended(std::uint64_t hash, llama_token token) { return mix(hash, static_cast<std::uint32_t>(token)); }

}  // namespace

void LookupIndex::clear() {
  for (auto& of_length : places_) of_length.clear();
  indexed_ = 0;
}

void LookupIndex::find(std::span<llama_token const> text, std::size_t most, Draft& draft) {
  // N-grams that something follows: all but those at the end of the text.
  for (; indexed_ + 1 < text.size(); ++indexed_) {
    std::uint64_t hash = 0;
    for (std::size_t n = 1; n <= longest() && n <= indexed_ + 1; ++n) {
      hash = extended(hash, text[indexed_ + 1 - n]);
      if (n >= shortest_) places_[n - shortest_][hash] = static_cast<std::uint32_t>(indexed_ + 1);
    }
  }
  draft.clear();
  std::size_t place = 0;
  std::uint64_t hash = 0;
  for (std::size_t n = 1; n <= longest() && n < text.size(); ++n) {
    hash = extended(hash, text[text.size() - n]);
    if (n < shortest_) continue;
    auto const& places = places_[n - shortest_];
    auto const found = places.find(hash);
    if (found == places.end()) break;   // a longer one ends alike, so that it stands nowhere either
    auto const after = static_cast<std::size_t>(found->second);
    if (after < n || !std::ranges::equal(text.subspan(after - n, n), text.last(n))) continue;
    place = after;
    draft.matched = static_cast<std::int32_t>(n);
  }
  if (draft.matched == 0) return;
  // Where the text ends before the draft does, the draft follows itself: what repeats goes on repeating.
  auto const following = text.subspan(place);
  for (std::size_t i = 0; i < most; ++i) {
    draft.tokens.push_back(i < following.size() ? following[i] : draft.tokens[i - following.size()]);
  }
}

}  // namespace edgelab::llama
