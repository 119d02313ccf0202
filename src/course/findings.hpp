// What is found out about a run beyond its means. Here because it takes siblings together: the catalogue says what flags
// may do to output, quality holds answers against one another, stats says what follows, and the reports which comparisons
// they conclude from.
#pragma once

#include <span>
#include <vector>

#include "types/answers.hpp"
#include "types/plan.hpp"
#include "types/summary.hpp"
#include "types/trial.hpp"

namespace edgelab::course {

// Fills across_executors, effects, pareto, quality, judge, equivalence, divergence, unscored and what many comparisons at once
// ask for.
void add_findings(Summary& summary, Plan const& plan, std::span<TrialResult const> trials,
                  std::vector<Answer> const& answers, std::span<PassResult const> passes = {}, Checks const& checks = {});

}  // namespace edgelab::course
