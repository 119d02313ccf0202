// Effects of what adds up as it is, and not as a factor: scores, and distances of distributions. Pure.
#pragma once

#include <optional>
#include <span>

#include "stats/design.hpp"
#include "stats/effects.hpp"

namespace edgelab::stats {

// Over the requests that all runs of the design answered; nullopt where there is none.
[[nodiscard]] std::optional<ScoreEffects> score_effects(Plan const& plan, FactorialDesign const& design, DesignTerms const& terms,
                                                        std::span<ScoredAnswer const> scored);

// Over the texts that all runs of the design read, many tokens a step; nullopt where there is none, or nothing but runs that
// have no distance by their nature.
[[nodiscard]] std::optional<ScoreEffects> distance_effects(Plan const& plan, FactorialDesign const& design,
                                                           DesignTerms const& terms, Distances const& distances);

}  // namespace edgelab::stats
