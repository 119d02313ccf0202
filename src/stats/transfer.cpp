#include "stats/transfer.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "stats/blocks.hpp"
#include "stats/inference.hpp"

namespace edgelab::stats {

namespace {

// One round by one metric, on each executor that has it.
struct OnExecutor {
  std::string executor;
  BlockValues log_ratios;    // to its own baseline
};

BlockValues difference_of(BlockValues const& from, BlockValues const& of) {
  BlockValues differences;
  for (auto const& [block, value] : of)
    if (auto const other = from.find(block); other != from.end()) differences[block] = value - other->second;
  return differences;
}

TransferSummary compare(MetricDef const& metric, std::vector<OnExecutor> const& all, double level) {
  TransferSummary found;
  found.metric = metric.name;
  found.better = metric.better;
  for (auto const& one : all) {
    auto const interval = ratio_interval(list_of(one.log_ratios), level);
    found.ratios.push_back({one.executor, interval.estimate, interval.ci95, interval.n});
  }
  for (std::size_t i = 1; i < all.size(); ++i) {
    auto const differences = difference_of(all[0].log_ratios, all[i].log_ratios);
    if (differences.empty()) continue;
    auto const interval = ratio_interval(list_of(differences), level);
    found.differences.push_back({.executor = all[i].executor,
                                 .against = all[0].executor,
                                 .ratio = interval.estimate,
                                 .ci95 = interval.ci95,
                                 .n = interval.n,
                                 .p = interval.p});
  }
  return found;
}

void adjust(std::vector<TransferSummary>& transfer) {
  std::vector<ExecutorDifference*> tested;
  std::vector<double> p;
  for (auto& one : transfer)
    for (auto& difference : one.differences)
      if (difference.p) {
        tested.push_back(&difference);
        p.push_back(*difference.p);
      }
  auto const adjusted = benjamini_hochberg(p);
  for (std::size_t i = 0; i < tested.size(); ++i) tested[i]->p_adjusted = adjusted[i];
}

// 1: more for certain, -1: less, 0: neither.
int direction_of(std::optional<Bounds> const& ci95) {
  if (!ci95) return 0;
  return (*ci95)[0] > 1.0 ? 1 : (*ci95)[1] < 1.0 ? -1 : 0;
}

std::string verdict_on(TransferSummary const& one) {
  constexpr double rate = 0.05;
  if (std::ranges::none_of(one.differences, [](auto const& difference) { return difference.ci95.has_value(); }))
    return "unknown";
  std::vector<int> directions;
  for (auto const& ratio : one.ratios) directions.push_back(direction_of(ratio.ci95));
  bool const apart = std::ranges::any_of(one.differences, [](ExecutorDifference const& difference) {
    return direction_of(difference.ci95) != 0 && difference.p_adjusted.value_or(1.0) <= rate;
  });
  if (apart)
    return std::ranges::contains(directions, 1) && std::ranges::contains(directions, -1) ? "reverses" : "differs";
  // Without an interval nothing is known of a direction, which is not the same as none having been found.
  if (std::ranges::any_of(one.ratios, [](ExecutorRatio const& ratio) { return !ratio.ci95; })) return "unclear";
  if (std::ranges::all_of(directions, [](int direction) { return direction == 0; })) return "no-effect";
  bool const alike = std::ranges::all_of(directions, [&](int direction) { return direction == directions[0]; });
  return alike ? "transfers" : "unclear";
}

std::vector<TransferSummary> transfer_of(Plan const& plan, std::span<TrialResult const> trials,
                                         MetricsFor const& metrics_for) {
  auto const& experiment = plan.experiment;
  auto const cells = by_cell(plan, trials);
  std::map<std::tuple<std::size_t, std::size_t, std::size_t>, std::vector<std::size_t>> same;  // model, workload, round
  for (std::size_t i = 0; i < plan.cells.size(); ++i)
    if (auto const& cell = plan.cells[i]; cell.baseline != i)
      same[{cell.model, cell.workload, cell.round}].push_back(i);

  std::vector<TransferSummary> found;
  for (auto const& [key, group] : same) {
    auto const& first = plan.cells[group[0]];
    auto const& model = experiment.models[first.model].id;
    auto const& workload = experiment.workloads[first.workload].id;
    for (auto const& name : metrics_for(model, workload)) {
      auto const metric = std::ranges::find(metric_table(), name, &MetricDef::name);
      if (metric == metric_table().end()) continue;
      std::vector<OnExecutor> all;
      for (auto const i : group) {
        auto const baseline = plan.cells[i].baseline;
        auto ratios = log_ratio_of(values_of(*metric, cells[i], cells[baseline]),
                                   values_of(*metric, cells[baseline], cells[baseline]));
        if (!ratios.empty()) all.push_back({experiment.executors[plan.cells[i].executor].id, std::move(ratios)});
      }
      if (all.size() < 2) continue;
      auto one = compare(*metric, all, t_level(experiment.protocol));
      one.model = model;
      one.workload = workload;
      one.round = experiment.rounds[first.round].name;
      found.push_back(std::move(one));
    }
  }
  adjust(found);
  for (auto& one : found) one.verdict = verdict_on(one);
  return found;
}

std::vector<UtilisationSummary> utilisation_of(Summary const& summary) {
  std::vector<UtilisationSummary> found;
  for (auto const& cell : summary.cells) {
    auto const mbu = std::ranges::find(cell.metrics, "mbu", &MetricSummary::name);
    if (mbu == cell.metrics.end()) continue;
    UtilisationSummary row{.executor = cell.executor,
                           .model = cell.model,
                           .workload = cell.workload,
                           .round = cell.round,
                           .decode_tps = {},
                           .mbu = mbu->mean,
                           .ci95 = mbu->ci95,
                           .n = mbu->n};
    if (auto const speed = std::ranges::find(cell.metrics, "decode_tps", &MetricSummary::name);
        speed != cell.metrics.end())
      row.decode_tps = speed->mean;
    found.push_back(std::move(row));
  }
  return found;
}

std::vector<InexpressibleSummary> inexpressible_in(Summary const& summary) {
  std::map<std::string, std::int32_t> cells_of;
  for (auto const& cell : summary.cells) ++cells_of[cell.executor];
  std::vector<InexpressibleSummary> found;
  for (auto const& cell : summary.cells) {
    if (cell.status != "unsupported") continue;
    auto row = std::ranges::find_if(found, [&](InexpressibleSummary const& known) {
      return known.executor == cell.executor && known.reason == cell.reason;
    });
    if (row == found.end()) {
      row = found.insert(found.end(), InexpressibleSummary{.executor = cell.executor,
                                                           .reason = cell.reason,
                                                           .rounds = {},
                                                           .cells = 0,
                                                           .cells_of_executor = cells_of[cell.executor]});
    }
    ++row->cells;
    if (!std::ranges::contains(row->rounds, cell.round)) row->rounds.push_back(cell.round);
  }
  return found;
}

}  // namespace

std::optional<AcrossExecutors> across_executors(Plan const& plan, std::span<TrialResult const> trials,
                                                Summary const& summary, MetricsFor const& metrics_for) {
  if (plan.experiment.executors.size() < 2) return std::nullopt;
  AcrossExecutors found;
  for (auto const& executor : plan.experiment.executors) found.executors.push_back(executor.id);
  found.transfer = transfer_of(plan, trials, metrics_for);
  found.utilisation = utilisation_of(summary);
  found.inexpressible = inexpressible_in(summary);
  return found;
}

}  // namespace edgelab::stats
