#include <algorithm>
#include <set>

#include "core/text.hpp"
#include "stats/blocks.hpp"
#include "stats/cell_status.hpp"

namespace edgelab::stats {

namespace {

MetricSummary summarise_metric(MetricDef const& metric, BlockValues const& values) {
  std::vector<double> list;
  list.reserve(values.size());
  for (auto const& [block, value] : values) list.push_back(value);
  auto const interval = mean_interval(list);
  return {.name = std::string(metric.name),
          .unit = std::string(metric.unit),
          .better = std::string(metric.better),
          .mean = interval.estimate,
          .median = median(std::move(list)),
          .ci95 = interval.ci95,
          .n = interval.n};
}

// What the executor said is in force in the ok trials. A flag of which it said different things in different
// trials is worth knowing of, so it shows all of them.
Flags in_force(CellTrials const& trials) {
  std::map<std::string, std::vector<std::string>> said;
  for (auto const& [block, trial] : trials.timed)
    for (auto const& [flag, value] : trial->in_force)
      if (auto& values = said[flag]; !std::ranges::contains(values, value)) values.push_back(value);
  Flags flags;
  for (auto const& [flag, values] : said)
    flags[flag] = values.size() == 1 ? values[0] : "varied: " + join(values, ", ");
  return flags;
}

TrialCounts count(CellTrials const& trials) {
  auto const failed = std::ranges::count_if(trials.not_ok, [](TrialResult const* trial) {
    return trial->planned.kind != TrialKind::warmup && is_failure(trial->status);
  });
  return {.ok = static_cast<std::int32_t>(trials.timed.size()),
          .failed = static_cast<std::int32_t>(failed),
          .warmup = trials.warmup};
}

std::vector<RatioSummary> ratios(std::vector<CellTrials> const& trials, Plan const& plan, std::size_t cell,
                                 std::size_t other) {
  auto const& baseline = trials[plan.cells[cell].baseline];
  std::vector<RatioSummary> list;
  for (auto const& metric : metric_table()) {
    auto const ratio = ratio_of(values_of(metric, trials[cell], baseline), values_of(metric, trials[other], baseline));
    if (ratio.n > 0) list.push_back({std::string(metric.name), ratio.estimate, ratio.ci95, ratio.n});
  }
  return list;
}

CellSummary summarise_cell(Plan const& plan, std::vector<CellTrials> const& trials, std::size_t index) {
  auto const& cell = plan.cells[index];
  auto const& experiment = plan.experiment;
  auto const& round = experiment.rounds[cell.round];
  auto const status = status_of(cell, trials[index]);

  CellSummary summary;
  summary.id = cell.id;
  summary.model = experiment.models[cell.model].id;
  summary.executor = experiment.executors[cell.executor].id;
  summary.workload = experiment.workloads[cell.workload].id;
  summary.round = round.name;
  summary.category = round.category;
  summary.status = status.status;
  summary.reason = status.reason;
  summary.trials = count(trials[index]);
  summary.flags = {.asked = round.flags, .in_force = in_force(trials[index])};
  for (auto const& metric : metric_table())
    if (auto const values = values_of(metric, trials[index], trials[cell.baseline]); !values.empty())
      summary.metrics.push_back(summarise_metric(metric, values));
  if (cell.baseline != index) summary.vs_baseline = ratios(trials, plan, index, cell.baseline);
  for (auto const other : cell.versus)
    summary.versus.push_back({experiment.rounds[plan.cells[other].round].name, ratios(trials, plan, index, other)});
  return summary;
}

}  // namespace

Summary summarise(Plan const& plan, std::span<TrialResult const> trials) {
  auto const cells = by_cell(plan, trials);
  Summary summary;
  summary.experiment = plan.experiment.name;
  summary.seed = plan.experiment.protocol.seed;
  auto const baseline = std::ranges::find(plan.experiment.rounds, "baseline", &Round::category);
  if (baseline != plan.experiment.rounds.end()) summary.baseline = baseline->name;

  std::set<std::int32_t> blocks;
  for (auto const& trial : trials)
    if (trial.planned.kind == TrialKind::timed && trial.status != Status::interrupted &&
        trial.status != Status::unsupported)
      blocks.insert(trial.planned.block);
  summary.blocks = static_cast<std::int32_t>(blocks.size());

  for (std::size_t i = 0; i < plan.cells.size(); ++i) summary.cells.push_back(summarise_cell(plan, cells, i));
  return summary;
}

}  // namespace edgelab::stats
