// Drafts found earlier in the text itself, against a scan that needs no index.
#include <gmock/gmock.h>

#include <algorithm>
#include <optional>

#include "llama/lookup.hpp"
#include "llama/mix.hpp"

namespace edgelab::llama {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Draft found(std::vector<llama_token> const& text, std::int32_t longest, std::size_t most, std::int32_t shortest = 1) {
  LookupIndex index(shortest, longest);
  Draft draft;
  index.find(text, most, draft);
  return draft;
}

// What find() promises, by looking at every place.
Draft scanned(std::vector<llama_token> const& text, std::int32_t shortest, std::int32_t longest, std::size_t most) {
  Draft draft;
  for (auto n = static_cast<std::size_t>(longest); n >= static_cast<std::size_t>(shortest); --n) {
    if (n >= text.size()) continue;
    auto const tail = std::span(text).last(n);
    std::optional<std::size_t> after;
    for (std::size_t place = n; place < text.size(); ++place)
      if (std::ranges::equal(std::span(text).subspan(place - n, n), tail)) after = place;
    if (!after) continue;
    draft.matched = static_cast<std::int32_t>(n);
    auto whole = text;
    for (std::size_t i = 0; i < most; ++i) {
      draft.tokens.push_back(whole[*after + i]);
      whole.push_back(draft.tokens.back());
    }
    return draft;
  }
  return draft;
}

TEST(Lookup, TheLongestMatchGoesFirst) {
  // 2 3 was followed by 4 once and by 9 later; 1 2 3 only by 4.
  auto const draft = found({1, 2, 3, 4, 7, 2, 3, 9, 1, 2, 3}, 3, 2);
  EXPECT_EQ(draft.matched, 3);
  EXPECT_THAT(draft.tokens, ElementsAre(4, 7));
  EXPECT_THAT(draft.drawn_from, IsEmpty());   // certain
  EXPECT_EQ(found({1, 2, 3, 4, 7, 2, 3, 9, 1, 2, 3}, 2, 2).matched, 2);
}

TEST(Lookup, ShorterOnesThanAskedForAreNone) {
  EXPECT_EQ(found({1, 2, 3, 4, 3}, 3, 2, 1).matched, 1);
  EXPECT_EQ(found({1, 2, 3, 4, 3}, 3, 2, 2).matched, 0);
  EXPECT_EQ(found({1, 2, 3, 4, 2, 3}, 3, 2, 2).matched, 2);
  EXPECT_EQ(found({1, 2, 3, 4, 2, 3}, 3, 2, 3).matched, 0);
}

TEST(Lookup, OfEqualOnesTheMostRecent) { EXPECT_THAT(found({5, 1, 5, 2, 5, 3, 5}, 3, 1).tokens, ElementsAre(3)); }

TEST(Lookup, ADraftFollowsItselfWhereTheTextEnds) {
  EXPECT_THAT(found({8, 1, 2, 1, 2}, 2, 5).tokens, ElementsAre(1, 2, 1, 2, 1));
  EXPECT_THAT(found({4, 4}, 3, 4).tokens, ElementsAre(4, 4, 4, 4));
}

TEST(Lookup, NothingFoundIsAnEmptyDraft) {
  EXPECT_EQ(found({}, 3, 4).size(), 0U);
  EXPECT_EQ(found({1}, 3, 4).size(), 0U);
  EXPECT_EQ(found({1, 2, 3, 4}, 3, 4).size(), 0U);
  EXPECT_EQ(found({1, 2, 3, 4}, 3, 4).matched, 0);
}

TEST(Lookup, WhatADraftHeldBeforeGoes) {
  LookupIndex index(1, 3);
  Draft draft{7, {1, 2, 3}, {}};
  index.find(std::vector<llama_token>{1, 2}, 4, draft);
  EXPECT_EQ(draft.matched, 0);
  EXPECT_THAT(draft.tokens, IsEmpty());
}

TEST(Lookup, ClearForgetsTheText) {
  LookupIndex index(1, 3);
  Draft draft;
  index.find(std::vector<llama_token>{1, 2, 3, 1, 2}, 1, draft);
  EXPECT_THAT(draft.tokens, ElementsAre(3));
  index.clear();
  index.find(std::vector<llama_token>{9, 1, 2}, 1, draft);
  EXPECT_THAT(draft.tokens, IsEmpty());
  index.find(std::vector<llama_token>{9, 1, 2, 9, 1}, 1, draft);
  EXPECT_THAT(draft.tokens, ElementsAre(2));
}

// Texts that grow by a few tokens between two calls, as in a request; few different tokens, so that much matches.
TEST(Lookup, IsWhatAScanFinds) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    std::uint64_t draws = 0;
    auto const below = [&](std::uint64_t n) { return mix(seed, draws++) % n; };
    auto const kinds = 2 + below(5);
    auto const longest = static_cast<std::int32_t>(1 + below(5));
    auto const shortest = static_cast<std::int32_t>(1 + below(static_cast<std::uint64_t>(longest)));
    LookupIndex index(shortest, longest);
    std::vector<llama_token> text;
    for (int call = 0; call < 60; ++call) {
      for (auto grow = 1 + below(4); grow > 0; --grow) text.push_back(static_cast<llama_token>(below(kinds)));
      auto const most = 1 + below(9);
      Draft draft;
      index.find(text, most, draft);
      auto const expected = scanned(text, shortest, longest, most);
      ASSERT_EQ(draft.matched, expected.matched) << "seed " << seed << ", " << text.size() << " tokens";
      ASSERT_EQ(draft.tokens, expected.tokens) << "seed " << seed << ", " << text.size() << " tokens";
    }
  }
}

}  // namespace
}  // namespace edgelab::llama
