// Factorial designs, and trials of them whose truth is known.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "stats/samples.hpp"

namespace edgelab::testing {

// Singles a, b, … that each set a flag, and the given combinations of them: "ab".
inline Plan design_plan(std::string const& factors, std::vector<std::string> const& combinations) {
  std::vector<Round> rounds{round_of("baseline", "baseline")};
  for (char const f : factors) rounds.push_back(round_of({f}, "custom", {{{f}, "on"}}));
  for (auto const& combination : combinations) {
    auto round = round_of(combination, "hybrid");
    for (char const f : combination) {
      round.parts.emplace_back(1, f);
      round.flags[{f}] = "on";
    }
    rounds.push_back(round);
  }
  auto plan = plan_of(std::move(rounds));
  return plan;
}

// Noise that any block shares, and a truth for each round.
template <typename Log>
std::vector<TrialResult> trials_for(Plan const& plan, int blocks, Log const& log) {
  std::vector<TrialResult> trials;
  for (int block = 0; block < blocks; ++block)
    for (std::size_t cell = 0; cell < plan.cells.size(); ++cell)
      trials.push_back(trial_of(
          cell, block, {{"decode_tps", 100.0 * std::exp(0.1 * block + log(plan.experiment.rounds[cell], block))}}));
  return trials;
}

inline bool has(Round const& round, std::string const& part) {
  return round.name == part || std::ranges::contains(round.parts, part);
}

}  // namespace edgelab::testing
