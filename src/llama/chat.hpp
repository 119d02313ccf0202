// Messages as one text, by a model's own chat template.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "llama/refusal.hpp"

namespace minja {
class chat_template;
}

namespace edgelab::llama {

// A Jinja template, parsed. Copies share it; const use from several threads is fine.
class ChatTemplate {
 public:
  // `bos` and `eos` are the texts of the tokens that begin and end a text. "unsupported", with the parser's words, where the
  // template cannot be understood.
  [[nodiscard]] static Outcome<ChatTemplate> parse(std::string const& source, std::string const& bos, std::string const& eos);

  // Up to where the answer begins. Without the `bos` in front that many templates write: the tokenizer puts that token
  // there. A template that asks for the date is told 26 July 2024, so that a prompt is the same on every day.
  // "unsupported" where the template refuses (a role that it does not know, say), with its words; "bad-request" for a
  // message without role or content.
  [[nodiscard]] Outcome<std::string> apply(std::vector<std::map<std::string, std::string>> const& messages) const;

 private:
  std::shared_ptr<minja::chat_template const> parsed_;
  std::string bos_;
};

}  // namespace edgelab::llama
