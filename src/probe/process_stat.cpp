#include "probe/process_stat.hpp"

#include <array>
#include <cstddef>
#include <string_view>

#include "probe/files.hpp"

namespace edgelab::probe {

namespace {

// Where fields stand after the name: proc(5) counts from 1 for the process id, so its field 3, the state, is 0 here.
constexpr std::size_t parent = 1;
constexpr std::size_t minor_faults = 7;
constexpr std::size_t reaped_minor_faults = 8;
constexpr std::size_t major_faults = 9;
constexpr std::size_t reaped_major_faults = 10;
constexpr std::size_t user = 11;
constexpr std::size_t system = 12;
constexpr std::size_t reaped_user = 13;
constexpr std::size_t reaped_system = 14;
constexpr std::size_t start = 19;
constexpr std::size_t resident = 21;
constexpr std::size_t fields = resident + 1;

}  // namespace

std::optional<ProcessStat> process_stat(std::filesystem::path const& folder) {
  auto const line = first_line(folder / "stat");
  if (!line) return std::nullopt;
  // The name stands in parentheses and may hold any of them itself, so the last one ends it.
  auto const open = line->find('(');
  auto const close = line->rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) return std::nullopt;

  std::array<std::string_view, fields> words{};
  std::string_view rest = std::string_view(*line).substr(close + 1);
  for (auto& word : words) {
    auto const begin = rest.find_first_not_of(' ');
    if (begin == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(begin);
    word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(word.size());
  }
  auto const number = [&](std::size_t field) { return whole(words[field]).value_or(0); };
  return ProcessStat{.name = line->substr(open + 1, close - open - 1),
                     .state = words[0].front(),
                     .parent = number(parent),
                     .ticks = number(user) + number(system),
                     .minor_faults = number(minor_faults),
                     .major_faults = number(major_faults),
                     .reaped_ticks = number(reaped_user) + number(reaped_system),
                     .reaped_minor_faults = number(reaped_minor_faults),
                     .reaped_major_faults = number(reaped_major_faults),
                     .started = number(start),
                     .resident_pages = number(resident)};
}

}  // namespace edgelab::probe
