#include "stats/effects.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "stats/blocks.hpp"
#include "stats/design.hpp"

namespace edgelab::stats {

namespace {

// A metric's logarithms: one column a block that every run of the design has, in the order of the runs.
std::vector<Column> columns_by_block(FactorialDesign const& design, std::vector<BlockValues> const& values) {
  std::vector<Column> columns;
  for (auto const& [block, first] : values[0]) {
    Column column;
    for (std::size_t i = 0; i < design.runs.size(); ++i)
      if (auto const found = values[i].find(block); found != values[i].end() && found->second > 0.0)
        column.push_back(std::log(found->second));
    if (column.size() == design.runs.size()) columns.push_back(std::move(column));
  }
  return columns;
}

// A number of each block, and its mean as a ratio.
Interval over_blocks(std::vector<Column> const& blocks, double level, std::function<double(Column const&)> const& log) {
  std::vector<double> logs;
  logs.reserve(blocks.size());
  for (auto const& block : blocks) logs.push_back(log(block));
  return ratio_interval(logs, level);
}

std::vector<EffectSummary> fitted(DesignTerms const& terms, std::vector<Column> const& blocks, double level) {
  std::vector<Column> fits;
  for (auto const& block : blocks) fits.push_back(coefficients(terms.basis, block));
  std::vector<EffectSummary> effects;
  for (std::size_t i = 0; i < terms.terms.size(); ++i) {
    // From -1 to 1 is twice the coefficient; an interaction changes the factor's effect by as much in each direction.
    double const scale = terms.order[i] == 1 ? 2.0 : 4.0;
    auto const interval = over_blocks(fits, level, [&](Column const& fit) { return scale * fit[i + 1]; });
    effects.push_back({terms.terms[i].name, interval.estimate, interval.ci95, interval.n});
  }
  return effects;
}

std::vector<CombinationSummary> combinations(Plan const& plan, FactorialDesign const& design,
                                             std::vector<Column> const& blocks, double level) {
  // The run of each factor alone.
  std::vector<std::size_t> single(design.factors.size(), 0);
  for (std::size_t i = 1; i < design.runs.size(); ++i)
    if (std::ranges::count(design.runs[i].with, true) == 1)
      single[static_cast<std::size_t>(std::ranges::find(design.runs[i].with, true) - design.runs[i].with.begin())] = i;

  std::vector<CombinationSummary> found;
  for (std::size_t i = 1; i < design.runs.size(); ++i) {
    auto const& run = design.runs[i];
    CombinationSummary combination;
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
      double log = 0.0;
      for (std::size_t f = 0; f < run.with.size(); ++f)
        if (run.with[f]) log += block[single[f]] - block[0];
      return log;
    };
    combination.measured = over_blocks(blocks, level, measured).estimate;
    combination.predicted = over_blocks(blocks, level, predicted).estimate;
    auto const ratio = over_blocks(blocks, level, [&](Column const& b) { return measured(b) - predicted(b); });
    combination.ratio = ratio.estimate;
    combination.ci95 = ratio.ci95;
    combination.n = ratio.n;
    found.push_back(std::move(combination));
  }
  return found;
}

}  // namespace

std::vector<EffectsSummary> effects(Plan const& plan, std::span<TrialResult const> trials) {
  auto const cells = by_cell(plan, trials);
  double const level = t_level(plan.experiment.protocol);
  // A run that mostly failed would take its blocks from all the others: it is none of the design.
  std::size_t most = 0;
  for (auto const& cell : cells) most = std::max(most, cell.timed.size());
  std::vector<bool> usable;
  for (std::size_t i = 0; i < plan.cells.size(); ++i)
    usable.push_back(!plan.cells[i].refused && cells[i].timed.size() * 2 > most);

  std::vector<EffectsSummary> found;
  for (auto const& design : designs_of(plan, usable)) {
    auto const terms = terms_of(design);
    auto const& cell = plan.cells[design.runs[0].cell];
    EffectsSummary summary;
    summary.model = plan.experiment.models.empty() ? "" : plan.experiment.models[cell.model].id;
    summary.executor = plan.experiment.executors[cell.executor].id;
    summary.workload = plan.experiment.workloads[cell.workload].id;
    summary.design = design.runs.size() == std::size_t{1} << design.factors.size() ? "full" : "part";
    summary.factors = design.factors;
    for (auto const& run : design.runs)
      summary.rounds.push_back(plan.experiment.rounds[plan.cells[run.cell].round].name);
    summary.terms = terms.terms;
    for (auto const& metric : metric_table()) {
      std::vector<BlockValues> values;
      for (auto const& run : design.runs)
        values.push_back(values_of(metric, cells[run.cell], cells[plan.cells[run.cell].baseline]));
      auto const blocks = columns_by_block(design, values);
      if (blocks.empty()) continue;
      summary.metrics.push_back({std::string(metric.name), std::string(metric.better), fitted(terms, blocks, level),
                                 combinations(plan, design, blocks, level)});
    }
    if (!summary.metrics.empty()) found.push_back(std::move(summary));
  }
  return found;
}

}  // namespace edgelab::stats
