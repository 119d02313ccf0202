// A design fitted to observations: what each term, and each combination, does to every block. Pure; knows nothing of scales.
#pragma once

#include <string>
#include <vector>

#include "stats/blocks.hpp"
#include "stats/design.hpp"
#include "types/plan.hpp"

namespace edgelab::stats {

// One column a block (or request, or text) that every run of the design has, in the order of the runs, which are those of `values`.
[[nodiscard]] std::vector<Column> complete_columns(std::vector<BlockValues> const& values);

struct FittedTerm {
  std::string name;
  std::vector<double> values;    // one a block
};

// For each term of the design its effect: with it - without it; of two, both together - the sum of each.
[[nodiscard]] std::vector<FittedTerm> fitted(DesignTerms const& terms, std::vector<Column> const& blocks);

// A combination of which each part was run alone too: what it does to each block, against the baseline.
struct Together {
  std::string round;
  std::vector<std::string> parts;
  std::vector<double> predicted;  // the sum of what the parts do
  std::vector<double> measured;
  std::vector<double> difference;  // measured - predicted
};

[[nodiscard]] std::vector<Together> together(Plan const& plan, FactorialDesign const& design, std::vector<Column> const& blocks);

}  // namespace edgelab::stats
