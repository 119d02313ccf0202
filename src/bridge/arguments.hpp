// The arguments of a bridge, which the coordinator gives it: --name=value.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace edgelab::bridge {

// Fails at what is not of that form, and at names other than these.
[[nodiscard]] Result<std::map<std::string, std::string>> named_arguments(std::span<char* const> arguments,
                                                                         std::vector<std::string> const& names);

}  // namespace edgelab::bridge
