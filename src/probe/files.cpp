#include "probe/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <system_error>
#include <utility>

#include "core/text.hpp"

namespace edgelab::probe {

namespace fs = std::filesystem;

std::optional<std::string> read_small(fs::path const& file) {
  constexpr std::size_t most = 64 * 1024;
  int const descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  std::array<char, 4096> chunk{};
  std::string text;
  ssize_t count = 0;
  while (text.size() < most && (count = ::read(descriptor, chunk.data(), chunk.size())) > 0)
    text.append(chunk.data(), static_cast<std::size_t>(count));
  int const error = errno;
  ::close(descriptor);
  errno = error;
  if (count < 0) return std::nullopt;
  return text;
}

std::optional<std::string> first_line(fs::path const& file) {
  auto const text = read_small(file);
  if (!text || text->empty()) return std::nullopt;
  return std::string(trim(std::string_view(*text).substr(0, text->find('\n'))));
}

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<std::int64_t> number_in(fs::path const& file) {
  auto const line = first_line(file);
  return line ? whole(*line) : std::nullopt;
}

std::optional<std::string> value_of(fs::path const& file, std::string_view key, char separator) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    auto const at = line.find(separator);
    if (at == std::string::npos || trim(std::string_view(line).substr(0, at)) != key) continue;
    return std::string(trim(std::string_view(line).substr(at + 1)));
  }
  return std::nullopt;
}

std::optional<std::string_view> field_of(std::string_view text, std::string_view key) {
  for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    auto const rest = text.substr(at + key.size());
    if ((at == 0 || text[at - 1] == '\n') && rest.starts_with(':')) return trim(rest.substr(1, rest.find('\n') - 1));
  }
  return std::nullopt;
}

std::optional<std::int64_t> kib_of(std::string_view text, std::string_view key) {
  auto const value = field_of(text, key);
  auto const kib = value ? whole(value->substr(0, value->find(' '))) : std::nullopt;
  return kib ? std::optional(*kib * 1024) : std::nullopt;
}

std::vector<fs::path> numbered(fs::path const& parent, std::string_view prefix) {
  std::vector<std::pair<std::int64_t, fs::path>> found;
  std::error_code error;
  for (fs::directory_iterator it(parent, error), end; !error && it != end; it.increment(error)) {
    auto const name = it->path().filename().string();
    if (!name.starts_with(prefix)) continue;
    if (auto const number = whole(std::string_view(name).substr(prefix.size())))
      found.emplace_back(*number, it->path());
  }
  std::ranges::sort(found);
  std::vector<fs::path> paths;
  paths.reserve(found.size());
  for (auto& [number, path] : found) paths.push_back(std::move(path));
  return paths;
}

std::vector<fs::path> entries_of(fs::path const& parent) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(parent, error), end; !error && it != end; it.increment(error))
    found.push_back(it->path());
  std::ranges::sort(found);
  return found;
}

}  // namespace edgelab::probe
