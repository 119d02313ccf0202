#include "stats/effects.hpp"

#include <algorithm>
#include <cmath>

#include "stats/additive_effects.hpp"
#include "stats/blocks.hpp"
#include "stats/design.hpp"
#include "stats/factorial.hpp"

namespace edgelab::stats {

namespace {

BlockValues logs_of(BlockValues const& values) {
  BlockValues logs;
  for (auto const& [block, value] : values)
    if (value > 0.0) logs[block] = std::log(value);
  return logs;
}

// Of logarithms, so that what adds up is a product.
MetricEffects as_ratios(MetricDef const& metric, std::vector<FittedTerm> const& terms,
                        std::vector<Together> const& combinations, double level) {
  MetricEffects found{std::string(metric.name), std::string(metric.better), {}, {}};
  for (auto const& term : terms) {
    auto const interval = ratio_interval(term.values, level);
    found.effects.push_back({term.name, interval.estimate, interval.ci95, interval.n});
  }
  for (auto const& one : combinations) {
    auto const ratio = ratio_interval(one.difference, level);
    found.combinations.push_back({.round = one.round,
                                  .parts = one.parts,
                                  .predicted = ratio_interval(one.predicted, level).estimate,
                                  .measured = ratio_interval(one.measured, level).estimate,
                                  .ratio = ratio.estimate,
                                  .ci95 = ratio.ci95,
                                  .n = ratio.n});
  }
  return found;
}

}  // namespace

std::vector<EffectsSummary> effects(Plan const& plan, std::span<TrialResult const> trials,
                                    std::span<ScoredAnswer const> scored, Distances const& distances) {
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
        values.push_back(logs_of(values_of(metric, cells[run.cell], cells[plan.cells[run.cell].baseline])));
      auto const blocks = complete_columns(values);
      if (blocks.empty()) continue;
      summary.metrics.push_back(as_ratios(metric, fitted(terms, blocks), together(plan, design, blocks), level));
    }
    if (auto scores = score_effects(plan, design, terms, scored)) summary.scores.push_back(*std::move(scores));
    if (auto nats = distance_effects(plan, design, terms, distances)) summary.scores.push_back(*std::move(nats));
    if (!summary.metrics.empty() || !summary.scores.empty()) found.push_back(std::move(summary));
  }
  return found;
}

}  // namespace edgelab::stats
