// What is asked of every side, and what each says it wrote and how long it took.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace edgelab::bench {

struct Prompt {
  std::string id;
  std::string text;
  std::int32_t max_tokens = 0;
  bool ignore_eos = false;   // true: exactly max_tokens are generated
};

// One definition of speed for all sides: the tokens after the first, the one that ends the text among them, and the time
// from the first token on. So reading the prompt is outside it, whatever a program calls "decoding".
struct Generation {
  std::string id;
  std::string text;
  bool ended = false;  // by the model; else cut at the limit
  double tokens = 0.0;
  double seconds = 0.0;
};

// Tokens per second over all of them: total over total.
[[nodiscard]] double rate(std::span<Generation const> generations);

// How many of the texts two sides wrote to the same prompts are the same.
class Agreement {
 public:
  void take(std::string const& side, std::span<Generation const> generations);
  // One line on standard output: each side's share of texts that are `reference`'s, which is left out where it took no part.
  void tell(std::string_view title, std::string const& reference) const;

 private:
  std::map<std::string, std::map<std::string, Generation>> sides_;  // side -> prompt -> text
};

// Programs differ by a draft's length in where they stop at a limit: a text that was cut agrees with one that begins
// with it. Line ends around a text do not count.
[[nodiscard]] bool agree(Generation const& a, Generation const& b);

}  // namespace edgelab::bench
