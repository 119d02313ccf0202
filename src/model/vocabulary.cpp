#include "model/vocabulary.hpp"

#include <array>

namespace edgelab::model {

namespace {

enum TokenType : std::int32_t { normal = 1, unknown = 2, control = 3, byte = 6 };   // as GGUF numbers them

constexpr std::array<std::string_view, 5> specials{"<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"};
constexpr std::string_view space = "\u2581";   // how SentencePiece writes a space
constexpr std::string_view letters = "etaoinshrdlucmfwypvbgkjqxz";

// The n-th string of the given length over `letters`.
std::string group(std::size_t n, std::size_t length) {
  std::string text(length, ' ');
  for (auto& letter : text) {
    letter = letters[n % letters.size()];
    n /= letters.size();
  }
  return text;
}

}  // namespace

std::int32_t smallest_vocabulary() { return static_cast<std::int32_t>(specials.size()) + 256; }
std::int32_t special_tokens() { return static_cast<std::int32_t>(specials.size()); }

std::string_view chat_template() {
  return "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}"
         "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
}

Vocabulary make_vocabulary(std::int32_t size) {
  Vocabulary vocabulary;
  auto const full = [&] { return vocabulary.tokens.size() >= static_cast<std::size_t>(size); };
  auto const add = [&](std::string token, TokenType type, float score) {
    if (full()) return;
    vocabulary.tokens.push_back(std::move(token));
    vocabulary.types.push_back(type);
    vocabulary.scores.push_back(score);
  };
  for (auto const special : specials) add(std::string(special), special == "<unk>" ? unknown : control, 0.0F);
  constexpr std::string_view hex = "0123456789ABCDEF";
  for (unsigned b = 0; b < 256; ++b) {
    add(std::string("<0x") + hex[b >> 4] + hex[b & 15] + ">", byte, 0.0F);
  }
  float score = -1.0F;
  auto const add_piece = [&](std::string token) { add(std::move(token), normal, score -= 1.0F); };
  add_piece(std::string(space));
  for (char c = '!'; c <= '~'; ++c) add_piece(std::string(1, c));
  std::size_t groups = 1;
  for (std::size_t length = 1; !full(); ++length) {
    groups *= letters.size();
    for (std::size_t n = 0; n < groups && !full(); ++n) {
      auto const text = group(n, length);
      if (length > 1) add_piece(text);   // single letters are there already
      add_piece(std::string(space) + text);
    }
  }
  return vocabulary;
}

}  // namespace edgelab::model
