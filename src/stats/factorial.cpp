#include "stats/factorial.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace edgelab::stats {

namespace {

using OfBlock = std::function<double(Column const&)>;

std::vector<double> over(std::vector<Column> const& blocks, OfBlock const& of_block) {
  std::vector<double> values;
  values.reserve(blocks.size());
  for (auto const& block : blocks) values.push_back(of_block(block));
  return values;
}

}  // namespace

std::vector<Column> complete_columns(std::vector<BlockValues> const& values) {
  std::vector<Column> columns;
  for (auto const& [block, first] : values[0]) {
    Column column;
    for (auto const& run : values)
      if (auto const found = run.find(block); found != run.end()) column.push_back(found->second);
    if (column.size() == values.size()) columns.push_back(std::move(column));
  }
  return columns;
}

std::vector<FittedTerm> fitted(DesignTerms const& terms, std::vector<Column> const& blocks) {
  std::vector<Column> fits;
  for (auto const& block : blocks) fits.push_back(coefficients(terms.basis, block));
  std::vector<FittedTerm> effects;
  for (std::size_t i = 0; i < terms.terms.size(); ++i) {
    // From -1 to 1 is twice the coefficient; an interaction changes the factor's effect by as much in each direction.
    double const scale = terms.order[i] == 1 ? 2.0 : 4.0;
    effects.push_back({terms.terms[i].name, over(fits, [&](Column const& fit) { return scale * fit[i + 1]; })});
  }
  return effects;
}

std::vector<Together> together(Plan const& plan, FactorialDesign const& design, std::vector<Column> const& blocks) {
  // The run of each factor alone.
  std::vector<std::size_t> single(design.factors.size(), 0);
  for (std::size_t i = 1; i < design.runs.size(); ++i)
    if (std::ranges::count(design.runs[i].with, true) == 1)
      single[static_cast<std::size_t>(std::ranges::find(design.runs[i].with, true) - design.runs[i].with.begin())] = i;

  std::vector<Together> found;
  for (std::size_t i = 1; i < design.runs.size(); ++i) {
    auto const& run = design.runs[i];
    Together combination;
    combination.round = plan.experiment.rounds[plan.cells[run.cell].round].name;
    bool known = true;
    for (std::size_t f = 0; f < run.with.size(); ++f)
      if (run.with[f]) {
        combination.parts.push_back(design.factors[f]);
        known = known && single[f] != 0;
      }
    if (combination.parts.size() < 2 || !known) continue;
    auto const measured = [&](Column const& block) { return block[i] - block[0]; };
    auto const predicted = [&](Column const& block) {
      double sum = 0.0;
      for (std::size_t f = 0; f < run.with.size(); ++f)
        if (run.with[f]) sum += block[single[f]] - block[0];
      return sum;
    };
    combination.measured = over(blocks, measured);
    combination.predicted = over(blocks, predicted);
    combination.difference = over(blocks, [&](Column const& b) { return measured(b) - predicted(b); });
    found.push_back(std::move(combination));
  }
  return found;
}

}  // namespace edgelab::stats
