// What makes a message one that no executor could answer well.
#pragma once

#include <optional>
#include <string>

#include "types/protocol.hpp"

namespace edgelab::serve {

// The first thing that is wrong with it, for an answer of kind bad-request; nullopt: nothing.
[[nodiscard]] std::optional<std::string> fault_in(protocol::Hello const& hello);   // another version than ours
[[nodiscard]] std::optional<std::string> fault_in(protocol::Run const& run);

}  // namespace edgelab::serve
