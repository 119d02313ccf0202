// Percentiles of the gaps between tokens and between emissions.
#pragma once

#include <array>
#include <optional>

#include "types/timeline.hpp"

namespace edgelab::stats {

struct GapPercentiles {
  std::array<double, 3> itl_ns{};        // p50, p95, p99 between tokens
  std::array<double, 3> emit_gap_ns{};   // p50, p95, p99 between emissions
};

// Over all requests; the first emission of each has no gap (its time is the TTFT). Absent when no request has
// two emissions. REQUIRES a timeline that check_timeline accepts. Costs one copy of the gaps.
[[nodiscard]] std::optional<GapPercentiles> gap_percentiles(Timeline const& timeline);

}  // namespace edgelab::stats
