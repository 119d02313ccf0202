#include "report/text_table.hpp"

#include <algorithm>

#include "report/words.hpp"

namespace edgelab::report {

namespace {

constexpr std::size_t longest_cell = 400;

}  // namespace

std::string escaped(std::string_view text) {
  std::string safe;
  for (char const c : one_line(text, longest_cell)) {
    if (std::string_view("|*_`<>[]\\").contains(c)) safe += '\\';
    safe += c;
  }
  return safe;
}

std::string code(std::string_view text) {
  auto line = one_line(text, longest_cell);
  if (line.empty()) return {};
  // A backtick would end the code, and a bar the cell even inside of code.
  if (line.find_first_of("`|") != std::string::npos) return escaped(line);
  return "`" + line + "`";
}

std::vector<std::size_t> widths_of(TextTable const& table) {
  std::vector<std::size_t> widths;
  for (auto const& title : table.head) widths.push_back(std::max<std::size_t>(width_of(title), 3));
  for (auto const& row : table.rows)
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  return widths;
}

std::string padded(std::string_view text, std::size_t width, Align align) {
  auto const own = width_of(text);
  std::string const space(width > own ? width - own : 0, ' ');
  return align == Align::left ? std::string(text) + space : space + std::string(text);
}

std::string to_markdown(TextTable const& table) {
  auto const widths = widths_of(table);
  std::string text;
  auto const line = [&](std::vector<std::string> const& cells) {
    for (std::size_t i = 0; i < widths.size(); ++i) text += "| " + padded(cells[i], widths[i], table.align[i]) + " ";
    text += "|\n";
  };
  line(table.head);
  for (std::size_t i = 0; i < widths.size(); ++i)
    text += "|" + std::string(widths[i] + 1, '-') + (table.align[i] == Align::right ? ":" : "-");
  text += "|\n";
  for (auto const& row : table.rows) line(row);
  return text;
}

}  // namespace edgelab::report
