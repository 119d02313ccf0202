// Requests that were served well enough. Pure.
#pragma once

#include "types/experiment.hpp"
#include "types/timeline.hpp"

namespace edgelab::stats {

// How many requests had their first token and, on average, each token after it within `slo`. One that generated nothing
// meets no bound on its first token; one of a single emission has no time between tokens and meets any bound on it.
// REQUIRES a timeline that check_timeline accepts.
[[nodiscard]] std::int64_t requests_within(Slo const& slo, Timeline const& timeline);

}  // namespace edgelab::stats
