#include "core/placeholders.hpp"

#include <format>

namespace edgelab {

Result<std::vector<TemplatePiece>> parse_template(std::string_view text) {
  std::vector<TemplatePiece> pieces;
  std::string plain;
  auto const end_plain = [&] {
    if (!plain.empty()) pieces.push_back({.is_name = false, .text = std::move(plain)});
    plain.clear();
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    char const letter = text[at];
    bool const doubled = at + 1 < text.size() && text[at + 1] == letter;
    if ((letter == '{' || letter == '}') && doubled) {
      plain += letter;
      ++at;
      continue;
    }
    if (letter != '{') {
      plain += letter;
      continue;
    }
    auto const close = text.find('}', at);
    if (close == std::string_view::npos)
      return fail(std::format("'{}' opens a brace and does not close it: a brace itself is written {{{{", text));
    auto const name = text.substr(at + 1, close - at - 1);
    if (name.empty() || name.contains('{'))
      return fail(std::format("'{}' has no name in braces: a brace itself is written {{{{", text));
    end_plain();
    pieces.push_back({.is_name = true, .text = std::string(name)});
    at = close;
  }
  end_plain();
  return pieces;
}

Result<std::string> fill_template(std::vector<TemplatePiece> const& pieces, ValueOf const& value_of) {
  std::string filled;
  for (auto const& piece : pieces) {
    if (!piece.is_name) {
      filled += piece.text;
      continue;
    }
    auto const value = value_of(piece.text);
    if (!value) return fail(std::format("there is no value for '{{{}}}'", piece.text));
    filled += *value;
  }
  return filled;
}

}  // namespace edgelab
