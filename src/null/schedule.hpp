// When everything happens in a trial that nobody runs.
#pragma once

#include "core/result.hpp"
#include "null/settings.hpp"
#include "types/protocol.hpp"
#include "types/timeline.hpp"

namespace edgelab::null {

// The timeline of `run` under `settings`: a function of these alone. Requests with arrival times are admitted
// as if there were slots for all of them; else `concurrency` of them are in flight. Fails where min_s cannot be
// reached with any reasonable number of tokens.
[[nodiscard]] Result<Timeline> schedule(protocol::Run const& run, Settings const& settings);

}  // namespace edgelab::null
