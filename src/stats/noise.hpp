// What the same round gives against itself: the noise floor of a machine. Pure.
#pragma once

#include <cstddef>
#include <span>

#include "types/audit.hpp"
#include "types/plan.hpp"
#include "types/trial.hpp"

namespace edgelab::stats {

// Of an A/A run: `again` is a cell with the same flags as its baseline. `trials` need no timelines. Efforts are computed at
// `level`, for 10, 5, 2 and 1 %, and left out where they take more than a day, or where nothing varied.
[[nodiscard]] NoiseFloor noise_floor(Plan const& plan, std::span<TrialResult const> trials, std::size_t again,
                                     double level);

}  // namespace edgelab::stats
