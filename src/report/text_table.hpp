// A table of text, columns aligned so that it reads well as plain text too.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace edgelab::report {

enum class Align : std::uint8_t { left, right };

struct TextTable {
  std::vector<std::string> head;
  std::vector<Align> align;                       // as many as in head
  std::vector<std::vector<std::string>> rows;     // each as many as in head
};

// A Markdown table. What the cells hold is taken as Markdown: see escaped().
[[nodiscard]] std::string to_markdown(TextTable const& table);

// Text as it is, whatever it holds, for a cell or a line of Markdown.
[[nodiscard]] std::string escaped(std::string_view text);
// The same, as code.
[[nodiscard]] std::string code(std::string_view text);

// Width of each column: that of its widest cell.
[[nodiscard]] std::vector<std::size_t> widths_of(TextTable const& table);
// Filled up with spaces to `width`.
[[nodiscard]] std::string padded(std::string_view text, std::size_t width, Align align);

}  // namespace edgelab::report
