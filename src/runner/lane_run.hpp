// What one lane does: trial after trial of its cells, then the stretches in which one of them is repeated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stop_token>

#include "core/result.hpp"
#include "plan/lanes.hpp"
#include "runner/desk.hpp"
#include "runner/pool.hpp"
#include "runner/runner.hpp"

namespace edgelab::runner {

// Why it has ended, from what leaves least undone to what leaves most.
enum class LaneEnd : std::uint8_t { no_cell, interval, blocks, time, stopped };

// Until the lane, its time or its user is done. An error is the store's or the disk's. REQUIRES a pool of the calling thread's,
// which that thread outlives.
[[nodiscard]] Result<LaneEnd> run_lane(RunConfig const& config, std::vector<plan::Lane> const& lanes, std::size_t lane, Desk& desk,
                                       Pool& pool, std::stop_token const& stop);

}  // namespace edgelab::runner
