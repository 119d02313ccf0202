// A trial that is listened to while it runs: are its times those at which things happened?
#pragma once

#include <cstddef>
#include <stop_token>

#include "runner/runner.hpp"
#include "types/audit.hpp"

namespace edgelab::runner {

// Runs one trial of the cell with `live`, on a process of its own, and holds what was heard against what was reported.
// Whatever goes wrong is in the answer: "not checked", and why. Call it on a thread that outlives it.
[[nodiscard]] LiveCheck check_live(RunConfig const& config, std::size_t cell, std::stop_token const& stop);

}  // namespace edgelab::runner
