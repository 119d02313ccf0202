// What hello promises: whether it makes sense, and what a round cannot ask for. Pure.
#pragma once

#include <optional>
#include <string>

#include "core/result.hpp"
#include "types/flags.hpp"
#include "types/protocol.hpp"

namespace edgelab::executor {

// That hello can be made sense of: a name, known words where words are listed.
[[nodiscard]] Result<void> check_hello(protocol::HelloReply const& hello);

// Which flags that a round sets this executor cannot express: the first reason, or nullopt. Flags with a dot in
// their name ("null.tpot-ms") are own ones of the executor named before it; their values are checked by the type
// that hello gives.
[[nodiscard]] std::optional<std::string> unsupported(protocol::HelloReply const& hello, Flags const& asked);

}  // namespace edgelab::executor
