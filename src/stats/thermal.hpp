// Heat over a run: what timed trials met, and what waiting for it to go cost. Pure.
#pragma once

#include <span>

#include "types/summary.hpp"
#include "types/trial.hpp"

namespace edgelab::stats {

// Of the ok timed trials, and of the waits before them.
[[nodiscard]] ThermalSummary thermal_summary(std::span<TrialResult const> trials, std::span<CoolDownWait const> waits);

}  // namespace edgelab::stats
