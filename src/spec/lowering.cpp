#include "spec/lowering.hpp"

#include <algorithm>
#include <cctype>
#include <format>
#include <iterator>
#include <unordered_map>

#include "core/text.hpp"
#include "spec/files.hpp"
#include "spec/quantities.hpp"

namespace edgelab::spec {

Lowering::Lowering(std::filesystem::path const& file, Overrides const& overrides, Diagnostics& errors)
    : file_(file), folder_(file.parent_path()), overrides_(overrides), errors_(errors) {}

void Lowering::error(document::Mark mark, std::string message) {
  errors_.push_back({file_, mark.line, mark.column, std::move(message)});
}

void Lowering::add(Diagnostics more) {
  errors_.insert(errors_.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::filesystem::path Lowering::locate(std::string const& path) const {
  if (path.empty()) return {};
  std::filesystem::path const as_written(path);
  if (as_written.is_absolute()) return as_written.lexically_normal();
  auto const beside = (folder_ / as_written).lexically_normal();
  std::error_code ignored;
  if (std::filesystem::exists(beside, ignored)) return beside;
  if (std::filesystem::exists(as_written, ignored)) return as_written.lexically_normal();
  return beside;
}

std::filesystem::path absolute_path(std::filesystem::path const& path) {
  std::error_code ignored;
  auto result = path.empty() ? path : std::filesystem::absolute(path, ignored);
  return ignored ? path : result;
}

Result<std::string> Lowering::read(std::string const& path, std::size_t max_bytes) const {
  auto const given = overrides_.files.find(path);
  return given != overrides_.files.end() ? given->second : read_whole_file(locate(path), max_bytes);
}

void Lowering::check_name(document::Text const& name, std::string_view noun, Plus plus) {
  constexpr std::size_t max_length = 100;
  auto const allowed = [plus](char c) {
    return (std::isalnum(static_cast<unsigned char>(c)) != 0 && static_cast<unsigned char>(c) < 128U) || c == '.' ||
           c == '_' || c == '-' || (c == '+' && plus == Plus::allowed);
  };
  if (name.value.size() > max_length) {
    error(name.mark, std::format("the name of this {} is longer than {} letters", noun, max_length));
  } else if (!std::ranges::all_of(name.value, allowed)) {
    error(name.mark, std::format("'{}' cannot be the name of a {}: expected letters, digits, '.', '_'{} and '-'", name.value,
                                 noun, plus == Plus::allowed ? ", '+'" : ""));
  }
}

void Lowering::check_distinct(std::span<document::Text const* const> names, std::string_view noun) {
  std::unordered_map<std::string_view, document::Mark> seen;
  for (auto const* const name : names) {
    if (name->value.empty()) continue;
    auto const [first, is_new] = seen.try_emplace(name->value, name->mark);
    if (is_new) continue;
    error(name->mark, std::format("two {}s are named '{}': the first stands in line {}", noun, name->value,
                                  first->second.line));
  }
}

std::optional<double> duration(Lowering& to, document::Quantity const& written, std::string_view key) {
  if (written.text.empty()) return std::nullopt;
  auto const seconds = parse_duration(written.text);
  if (!seconds) {
    to.error(written.mark, std::format("'{}' is no time for '{}': expected e.g. 90s, 10m or 1h30m", written.text, key));
  }
  return seconds;
}

}  // namespace edgelab::spec
