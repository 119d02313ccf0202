// What the fuzzed halves of edgelab.h share. An input is text: parts, with a line of %% between them.
#pragma once

#include <edgelab.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wire/json.hpp"

namespace edgelab::fuzz {

// Ends the process where the library breaks a promise: the fuzzer keeps the input, and ctest the words.
inline void require(bool kept, char const* promise) {
  if (kept) return;
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

inline std::vector<std::string> parts_of(std::string_view input) {
  constexpr std::string_view border = "\n%%\n";
  std::vector<std::string> parts;
  for (;;) {
    auto const end = input.find(border);
    parts.emplace_back(input.substr(0, end));
    if (end == std::string_view::npos) return parts;
    input.remove_prefix(end + border.size());
  }
}

// A text that was handed out.
class Text {
 public:
  Text() = default;
  ~Text() { edgelab_free(text_); }
  Text(Text const&) = delete;
  Text& operator=(Text const&) = delete;
  [[nodiscard]] char** out() { return &text_; }
  [[nodiscard]] bool there() const { return text_ != nullptr; }
  [[nodiscard]] std::string_view view() const { return text_ == nullptr ? std::string_view{} : text_; }

 private:
  char* text_ = nullptr;
};

// Carries a call out, whose errors have a reason and whose successes have none.
template <typename Call>
edgelab_status told(Call const& call) {
  Text error;
  auto const status = call(error.out());
  require(error.there() == (status != EDGELAB_OK), "an error has a text, and nothing else has one");
  require(status != EDGELAB_BAD_ARGUMENT && status != EDGELAB_FAILED,
          "what is in order is never a bad argument, and nothing is unforeseen");
  return status;
}

// The same of a call that hands out a text, which is JSON, or NULL where that means something.
template <typename Call>
std::string json_of(Call const& call) {
  Text text;
  auto const status = told([&](char** error) { return call(text.out(), error); });
  require(status == EDGELAB_OK, "what hands out a text succeeds");
  if (!text.there()) return {};
  require(wire::Json::parse(text.view()).has_value(), "what is handed out is JSON, in UTF-8");
  return std::string(text.view());
}

}  // namespace edgelab::fuzz
