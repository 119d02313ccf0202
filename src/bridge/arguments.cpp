#include "bridge/arguments.hpp"

#include <algorithm>
#include <format>

#include "core/text.hpp"

namespace edgelab::bridge {

Result<std::map<std::string, std::string>> named_arguments(std::span<char* const> arguments,
                                                           std::vector<std::string> const& names) {
  std::map<std::string, std::string> values;
  for (std::string const argument : arguments) {
    auto const equals = argument.find('=');
    auto const name = argument.substr(0, equals);
    if (equals == std::string::npos || !std::ranges::contains(names, name))
      return fail(std::format("'{}' is no argument of this program{}: expected {}, each with =VALUE", argument,
                              suggestion(name, names), join(names, ", ")));
    values[name] = argument.substr(equals + 1);
  }
  return values;
}

}  // namespace edgelab::bridge
