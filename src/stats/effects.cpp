#include "stats/effects.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "stats/blocks.hpp"
#include "stats/design.hpp"
#include "stats/inference.hpp"

namespace edgelab::stats {

namespace {

// One column a block (or request) that every run of the design has, in the order of the runs.
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

BlockValues logs_of(BlockValues const& values) {
  BlockValues logs;
  for (auto const& [block, value] : values)
    if (value > 0.0) logs[block] = std::log(value);
  return logs;
}

using OfBlock = std::function<double(Column const&)>;

std::vector<double> over(std::vector<Column> const& blocks, OfBlock const& of_block) {
  std::vector<double> values;
  values.reserve(blocks.size());
  for (auto const& block : blocks) values.push_back(of_block(block));
  return values;
}

struct FittedTerm {
  std::string name;
  std::vector<double> values;    // one a block
};

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

// A combination of which each part was run alone too: what it does to each block, against the baseline.
struct Together {
  std::string round;
  std::vector<std::string> parts;
  std::vector<double> predicted;  // the sum of what the parts do
  std::vector<double> measured;
  std::vector<double> difference;  // measured - predicted
};

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

std::optional<Bounds> interval_of(std::vector<double> const& values, std::uint64_t seed) {
  if (std::ranges::all_of(values, [&](double value) { return value == values[0]; })) return std::nullopt;
  return bootstrap_mean(values, seed);
}

// Sums of tenths leave something in the last places where nothing differs.
std::vector<double> rounded(std::vector<double> values) {
  for (auto& value : values) value = std::round(value * 1e12) / 1e12;
  return values;
}

ScoreEffects as_differences(std::vector<FittedTerm> const& terms, std::vector<Together> const& combinations,
                            std::uint64_t seed) {
  ScoreEffects found{std::string(task_score), {}, {}};
  auto const mean = [](std::vector<double> const& values) { return mean_interval(values).estimate; };
  for (auto const& term : terms) {
    auto const values = rounded(term.values);
    found.effects.push_back(
        {term.name, mean(values), interval_of(values, seed), static_cast<std::int32_t>(values.size())});
  }
  for (auto const& one : combinations) {
    auto const difference = rounded(one.difference);
    found.combinations.push_back({.round = one.round,
                                  .parts = one.parts,
                                  .predicted = mean(one.predicted),
                                  .measured = mean(one.measured),
                                  .difference = mean(difference),
                                  .ci95 = interval_of(difference, seed),
                                  .n = static_cast<std::int32_t>(difference.size())});
  }
  return found;
}

// Of each cell, the mean score of each request over its answers: a request stands where else a block does.
std::vector<BlockValues> scores_by_request(Plan const& plan, std::span<ScoredAnswer const> scored) {
  struct Sum {
    double score = 0.0;
    double count = 0.0;
  };
  std::vector<std::map<std::int32_t, Sum>> sums(plan.cells.size());
  for (auto const& answer : scored) {
    auto& sum = sums[answer.cell][static_cast<std::int32_t>(answer.request)];
    sum.score += answer.score * answer.count;
    sum.count += answer.count;
  }
  std::vector<BlockValues> means(plan.cells.size());
  for (std::size_t i = 0; i < sums.size(); ++i)
    for (auto const& [request, sum] : sums[i]) means[i][request] = sum.score / sum.count;
  return means;
}

}  // namespace

std::vector<EffectsSummary> effects(Plan const& plan, std::span<TrialResult const> trials,
                                    std::span<ScoredAnswer const> scored) {
  auto const cells = by_cell(plan, trials);
  auto const scores = scores_by_request(plan, scored);
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
    std::vector<BlockValues> values;
    for (auto const& run : design.runs) values.push_back(scores[run.cell]);
    if (auto const requests = complete_columns(values); !requests.empty())
      summary.scores.push_back(
          as_differences(fitted(terms, requests), together(plan, design, requests), plan.experiment.protocol.seed));
    if (!summary.metrics.empty() || !summary.scores.empty()) found.push_back(std::move(summary));
  }
  return found;
}

}  // namespace edgelab::stats
