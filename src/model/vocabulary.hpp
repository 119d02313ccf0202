// Made-up tokens for synthesised models. Internal to src/model.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace edgelab::model {

// SentencePiece-like: special tokens, a token for each byte (so that any text has an encoding), then letters and
// groups of letters, with and without a space before them, shortest first.
struct Vocabulary {
  std::vector<std::string> tokens;
  std::vector<float> scores;         // higher is merged first
  std::vector<std::int32_t> types;   // llama.cpp's llama_token_type

  std::int32_t unknown = 0, begin = 1, end = 2, turn_start = 3, turn_end = 4;
};

// REQUIRES: size >= smallest_vocabulary().
[[nodiscard]] Vocabulary make_vocabulary(std::int32_t size);
[[nodiscard]] std::int32_t smallest_vocabulary();
[[nodiscard]] std::int32_t special_tokens();         // the first so many are not text
[[nodiscard]] std::string_view chat_template();      // ChatML

}  // namespace edgelab::model
