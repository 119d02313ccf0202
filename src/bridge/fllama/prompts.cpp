#include "bridge/fllama/prompts.hpp"

#include <cstdlib>
#include <format>

#include "core/text.hpp"

namespace edgelab::bridge::fllama {

namespace {

constexpr int most_attempts = 40;

// Words that most vocabularies have as one token, and below them what small ones have.
constexpr auto candidates =
    "the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which one you "
    "were all her she there would their we him been has when who will no more if out so up said what its about than into them "
    "can only other time new some could these two may first then do any like my now over such our man me even most made after "
    "also did many off before must well back through years where much your way down should because long each just state those "
    "people too little good world make very year still see work life others";

}  // namespace

std::uint64_t mixed(std::uint64_t state) {      // splitmix64
  state += 0x9E3779B97F4A7C15U;
  state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9U;
  state = (state ^ (state >> 27)) * 0x94D049BB133111EBU;
  return state ^ (state >> 31);
}

Result<void> SyntheticTexts::find_words() {
  auto const costs_one = [&](std::string const& word) -> Result<bool> {
    EDGELAB_TRY(without, count_("so" + word));
    EDGELAB_TRY(with, count_("so" + word + word));
    EDGELAB_TRY(again, count_("so" + word + word + word));
    return with == without + 1 && again == with + 1;
  };
  std::vector<std::string> all;
  for (auto const& word : split(candidates, ' ')) all.push_back(" " + word);
  for (char letter = 'a'; letter <= 'z'; ++letter) all.push_back(std::string(" ") + letter);
  for (char letter = '!'; letter <= '~'; ++letter) all.emplace_back(1, letter);
  for (auto const& word : all) {
    EDGELAB_TRY(one, costs_one(word));
    if (one) words_.push_back(word);
  }
  if (words_.empty()) return fail("no word of one token is known for this model's vocabulary");
  return {};
}

Result<std::string> SyntheticTexts::of(std::int64_t tokens, std::uint64_t seed) {
  EDGELAB_TRY(least, count_(""));
  if (least == tokens) return std::string{};
  if (words_.empty()) {
    if (auto found = find_words(); !found) return std::unexpected(found.error());
  }
  std::uint64_t drawn = 0;
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    std::vector<std::string> text;
    auto wanted = tokens - least;
    // What words cost side by side is not quite what they cost alone: a few are added or taken away.
    for (int step = 0; step < most_attempts && wanted >= 0; ++step) {
      while (std::ssize(text) < wanted) text.push_back(words_[mixed(seed ^ mixed(drawn++)) % words_.size()]);
      text.resize(static_cast<std::size_t>(wanted));
      auto const whole = join(text, "");
      EDGELAB_TRY(count, count_(whole));
      if (count == tokens) return whole;
      wanted += tokens - count;
    }
  }
  return fail(std::format("no text of exactly {} tokens was found for this model's vocabulary", tokens));
}

}  // namespace edgelab::bridge::fllama
