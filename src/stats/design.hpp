// The factorial designs in a plan: which cells are runs of which factors, and which terms they can tell apart. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "stats/least_squares.hpp"
#include "types/findings.hpp"
#include "types/plan.hpp"

namespace edgelab::stats {

struct DesignRun {
  std::size_t cell = 0;
  std::vector<bool> with;                        // one a factor
};

struct FactorialDesign {
  std::vector<std::string> factors;              // names of rounds, in the order of the file
  std::vector<DesignRun> runs;                   // the baseline first
};

// Of the cells for which `usable` is true. Only designs with a combination in them.
[[nodiscard]] std::vector<FactorialDesign> designs_of(Plan const& plan, std::vector<bool> const& usable);

// What is fitted to a design.
struct DesignTerms {
  Basis basis;                                   // over the runs: the mean, then a column for each term
  std::vector<TermSummary> terms;                // one for each row of the basis but the first
  std::vector<std::size_t> order;                // of each term: 1 a factor, 2 an interaction
};

[[nodiscard]] DesignTerms terms_of(FactorialDesign const& design);

}  // namespace edgelab::stats
