// What hello promises, checked. Internal to src/executor; unsupported() is in executor.hpp.
#pragma once

#include "core/result.hpp"
#include "types/protocol.hpp"

namespace edgelab::executor {

// That hello can be made sense of: a name, known words where words are listed.
[[nodiscard]] Result<void> check_hello(protocol::HelloReply const& hello);

}  // namespace edgelab::executor
