#include <algorithm>
#include <cmath>
#include <set>

#include "core/text.hpp"
#include "stats/blocks.hpp"
#include "stats/cell_status.hpp"
#include "stats/inference.hpp"
#include "stats/sustained.hpp"

namespace edgelab::stats {

namespace {

// Of logs where all values have one, so that a change is a ratio.
std::vector<double> logs_of(std::vector<double> list) {
  if (std::ranges::any_of(list, [](double value) { return value <= 0.0; })) return {};
  for (auto& value : list) value = std::log(value);
  return list;
}

std::optional<DriftSummary> drift_of(std::vector<double> const& logs) {
  auto const found = trend(logs);
  if (!found) return std::nullopt;
  return DriftSummary{std::exp(found->change), found->p};
}

MetricSummary summarise_metric(MetricDef const& metric, BlockValues const& values, double level) {
  auto const list = list_of(values);
  auto const interval = mean_interval(list, level);
  MetricSummary summary{.name = std::string(metric.name),
                        .unit = std::string(metric.unit),
                        .better = std::string(metric.better),
                        .mean = interval.estimate,
                        .median = median(list),
                        .ci95 = interval.ci95,
                        .n = interval.n,
                        .median_ci95 = quantile_interval(list, 0.5)};
  if (metric.source == Source::memory) return summary;    // nothing that passes by touches an allocator's figures
  auto const logs = logs_of(list);
  summary.drift = drift_of(logs);
  std::vector<std::int32_t> blocks;
  for (auto const& [block, value] : values) blocks.push_back(block);
  for (auto const i : outliers(logs)) summary.outliers.push_back({blocks[i], list[i]});
  return summary;
}

RatioSummary summarise_ratio(MetricDef const& metric, BlockValues const& log_ratios, Protocol const& protocol) {
  double const level = t_level(protocol);
  auto const list = list_of(log_ratios);
  auto const interval = ratio_interval(list, level);
  RatioSummary summary{.name = std::string(metric.name),
                       .ratio = interval.estimate,
                       .ci95 = interval.ci95,
                       .n = interval.n,
                       .p = interval.p,
                       .detectable = interval.detectable};
  if (auto const bounds = bootstrap_mean(list, protocol.seed, level))
    summary.ci95_bootstrap = {std::exp((*bounds)[0]), std::exp((*bounds)[1])};
  if (metric.source != Source::memory) summary.drift = drift_of(list);
  return summary;
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
    auto const log_ratios =
        log_ratio_of(values_of(metric, trials[cell], baseline), values_of(metric, trials[other], baseline));
    if (!log_ratios.empty()) list.push_back(summarise_ratio(metric, log_ratios, plan.experiment.protocol));
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
      summary.metrics.push_back(summarise_metric(metric, values, t_level(experiment.protocol)));
  if (cell.baseline != index) summary.vs_baseline = ratios(trials, plan, index, cell.baseline);
  for (auto const other : cell.versus) {
    auto const& with = plan.cells[other];
    VersusSummary versus{.round = experiment.rounds[with.round].name, .ratios = ratios(trials, plan, index, other)};
    if (with.executor != cell.executor) versus.executor = experiment.executors[with.executor].id;
    summary.versus.push_back(std::move(versus));
  }
  return summary;
}

}  // namespace

void adjust_for_many(FalseDiscoveries& told, std::span<RatioSummary* const> comparisons) {
  std::vector<RatioSummary*> tested;
  std::vector<double> p;
  for (auto* const comparison : comparisons)
    if (comparison->p) {
      tested.push_back(comparison);
      p.push_back(*comparison->p);
    }
  auto const adjusted = benjamini_hochberg(p);
  for (std::size_t i = 0; i < tested.size(); ++i) tested[i]->p_adjusted = adjusted[i];
  told.comparisons = static_cast<std::int32_t>(tested.size());
}

Summary summarise(Plan const& plan, std::span<TrialResult const> trials) {
  auto const cells = by_cell(plan, trials);
  Summary summary;
  summary.experiment = plan.experiment.name;
  summary.seed = plan.experiment.protocol.seed;
  summary.t_level = t_level(plan.experiment.protocol);
  auto const baseline = std::ranges::find(plan.experiment.rounds, "baseline", &Round::category);
  if (baseline != plan.experiment.rounds.end()) summary.baseline = baseline->name;

  std::set<std::int32_t> blocks;
  for (auto const& trial : trials)
    if (trial.planned.kind == TrialKind::timed && trial.status != Status::interrupted &&
        trial.status != Status::unsupported)
      blocks.insert(trial.planned.block);
  summary.blocks = static_cast<std::int32_t>(blocks.size());

  for (std::size_t i = 0; i < plan.cells.size(); ++i) summary.cells.push_back(summarise_cell(plan, cells, i));
  summary.sustained = sustained_summaries(plan, trials);
  return summary;
}

}  // namespace edgelab::stats
