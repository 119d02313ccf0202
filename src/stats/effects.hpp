// Which techniques go together: combined rounds analysed as a factorial design. Pure.
#pragma once

#include <span>
#include <vector>

#include "types/answers.hpp"
#include "types/plan.hpp"
#include "types/summary.hpp"
#include "types/trial.hpp"

namespace edgelab::stats {

// For each model, executor and workload: rounds that were combined, with the rounds they were made of and the
// baseline, are the runs of a design whose factors are the single rounds. Combinations that share a factor, directly or over
// others, are one design. A round that sets more than its parts do (a swept one) is none of its runs.
//
// The logarithm of a metric is fitted by least squares with a term for each block, one for each factor (-1 without it, 1
// with it) and one for each pair of factors. A block in which a run of the design failed is left out, so every block holds
// the same runs; the fit is then the mean of the fits of single blocks, and its intervals are Student's t over these. That
// asks for no equal noise in all runs, and what three factors do together widens no interval.
//
// Scores are fitted as they are, since differences of them add up, with a request in the place of a block: a request gets the
// same answer in block after block, and it is requests that were drawn from all that might be asked.
//
// The distance of distributions (nats a token from the reference's) is fitted as it is too, with a text in the place of a block.
// Where two techniques each move logits a little, the divergence is half the variance of what they move (docs/METRICS.md): were
// they independent, the distances would add up, and what is measured beyond their sum is how much their errors go the same way.
// Means are over tokens, intervals over texts.
//
// A term that the runs cannot tell from those before it is fitted with them: the aliases say with what.
// What texts tell of cells.
struct Distances {
  std::span<ReadText const> texts{};
  std::span<std::size_t const> read_as{};                      // of each cell the one whose texts stand for it
  std::span<std::optional<std::size_t> const> references{};    // of each cell; itself: no distance at all
};

[[nodiscard]] std::vector<EffectsSummary> effects(Plan const& plan, std::span<TrialResult const> trials,
                                                  std::span<ScoredAnswer const> scored = {}, Distances const& distances = {});

}  // namespace edgelab::stats
