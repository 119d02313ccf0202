// `quality.texts`.
#include <format>

#include "spec/lowering.hpp"
#include "spec/prompts.hpp"
#include "spec/text_checks.hpp"

namespace edgelab::spec {

namespace {

// Pieces are what is drawn from anew when an interval is computed, so there should be some; and each should be long enough
// to tell what the distance is far into a text. Some 500 tokens of most languages and vocabularies.
constexpr std::size_t piece_bytes = 2000;

// Where a piece that begins at `from` ends: after the last line, else the last blank, before it is full; else in the middle
// of a word, but never of a character.
std::size_t end_of_piece(std::string_view text, std::size_t from) {
  if (text.size() - from <= piece_bytes) return text.size();
  auto const piece = text.substr(from, piece_bytes);
  for (auto const* letters : {"\n", " \t"})
    if (auto const at = piece.find_last_of(letters); at != std::string_view::npos && at > 0) return from + at + 1;
  std::size_t end = from + piece_bytes;
  while (end > from + 1 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return end;
}

std::vector<Request> pieces_of(std::string_view text) {
  std::vector<Request> pieces;
  for (std::size_t from = 0; from < text.size();) {
    auto const end = end_of_piece(text, from);
    Request piece;
    piece.id = std::format("piece-{}", pieces.size() + 1);
    piece.expected = std::string(text.substr(from, end - from));
    pieces.push_back(std::move(piece));
    from = end;
  }
  return pieces;
}

}  // namespace

void lower_texts(Lowering& to, document::Text const& file, Quality& quality) {
  if (file.value.empty()) return;
  auto const path = to.locate(file.value);
  auto const read = to.read(file.value, max_prompt_file_bytes);
  if (!read) {
    to.error(file.mark, std::format("texts {}: {}", path.string(), read.error().message));
    return;
  }
  quality.texts_file = path.filename().string();
  if (path.extension() == ".jsonl") {
    auto requests = parse_prompts(*read, path, PromptFormat::jsonl, {.max_tokens = 1});
    if (!requests) return to.add(std::move(requests.error()));
    quality.texts = *std::move(requests);
  } else if (auto bad = not_text(*read, path)) {
    return to.add({*std::move(bad)});
  } else {
    quality.texts = pieces_of(without_bom(*read));
  }
  if (quality.texts.empty()) to.error(file.mark, std::format("texts {}: there is nothing in it", path.string()));
}

}  // namespace edgelab::spec
