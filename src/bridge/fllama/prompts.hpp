// Texts of an exact number of tokens, for a vocabulary that can only be asked how many a text has. Pure but for what it asks.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace edgelab::bridge::fllama {

// Tokens of a text, with the one that the model puts first; fails where the model cannot be read.
using CountTokens = std::function<Result<std::int64_t>(std::string const& text)>;

class SyntheticTexts {
 public:
  explicit SyntheticTexts(CountTokens count) : count_(std::move(count)) {}

  // A text of `tokens` tokens, the same for the same seed. Fails where this vocabulary has no words of one token, or no such text
  // is found.
  [[nodiscard]] Result<std::string> of(std::int64_t tokens, std::uint64_t seed);

 private:
  [[nodiscard]] Result<void> find_words();

  CountTokens count_;
  std::vector<std::string> words_;  // that cost one token, wherever they stand
};

// A number well mixed: the next of a sequence without a state.
[[nodiscard]] std::uint64_t mixed(std::uint64_t state);

}  // namespace edgelab::bridge::fllama
