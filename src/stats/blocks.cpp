#include "stats/blocks.hpp"

#include <cmath>

namespace edgelab::stats {

namespace {

// ttft + (n − 1) × tpot, with n the mean output length of the baseline's requests.
std::optional<double> normalised_e2e_ms(TrialResult const& trial, TrialResult const& baseline) {
  auto const ttft_ms = value_of(trial.metrics, "ttft_ms");
  auto const tpot_ms = value_of(trial.metrics, "tpot_ms");
  auto const tokens_per_s = value_of(baseline.metrics, "system_tps");
  auto const requests_per_s = value_of(baseline.metrics, "requests_per_s");
  if (!ttft_ms || !tpot_ms || !tokens_per_s || !requests_per_s || *requests_per_s <= 0.0) return std::nullopt;
  double const tokens_per_request = *tokens_per_s / *requests_per_s;   // both over the same makespan
  return *ttft_ms + (tokens_per_request - 1.0) * *tpot_ms;
}

}  // namespace

std::vector<CellTrials> by_cell(Plan const& plan, std::span<TrialResult const> trials) {
  std::vector<CellTrials> cells(plan.cells.size());
  for (auto const& trial : trials) {
    if (trial.planned.cell >= cells.size() || trial.status == Status::interrupted) continue;
    auto& cell = cells[trial.planned.cell];
    if (trial.planned.kind == TrialKind::warmup) ++cell.warmup;
    if (trial.planned.kind == TrialKind::timed) ++cell.timed_ended;
    if (trial.status != Status::ok)
      cell.not_ok.push_back(&trial);
    else if (trial.planned.kind == TrialKind::timed)
      cell.timed[trial.planned.block] = &trial;
    else if (trial.planned.kind == TrialKind::memory)
      cell.memory[trial.planned.block] = &trial;
  }
  return cells;
}

BlockValues values_of(MetricDef const& metric, CellTrials const& cell, CellTrials const& baseline) {
  BlockValues values;
  auto const put = [&](std::int32_t block, std::optional<double> value) {
    if (value) values[block] = *value;
  };
  switch (metric.source) {
    case Source::timeline:
      for (auto const& [block, trial] : cell.timed) put(block, value_of(trial->metrics, metric.name));
      break;
    case Source::memory:
      for (auto const& [block, trial] : cell.memory) {
        auto const kept = value_of(trial->metrics, metric.name);
        put(block, kept ? kept : value_of(memory_metrics(trial->memory), metric.name));
      }
      break;
    case Source::comparison:
      for (auto const& [block, trial] : cell.timed)
        if (auto const other = baseline.timed.find(block); other != baseline.timed.end())
          put(block, normalised_e2e_ms(*trial, *other->second));
      break;
  }
  return values;
}

BlockValues log_ratio_of(BlockValues const& cell, BlockValues const& other) {
  BlockValues ratios;
  for (auto const& [block, value] : cell) {
    auto const found = other.find(block);
    if (found == other.end()) continue;
    if (value <= 0.0 || found->second <= 0.0) return {};   // to leave the block out would flatter whoever had 0 in it
    ratios[block] = std::log(value) - std::log(found->second);
  }
  return ratios;
}

std::vector<double> list_of(BlockValues const& values) {
  std::vector<double> list;
  list.reserve(values.size());
  for (auto const& [block, value] : values) list.push_back(value);
  return list;
}

}  // namespace edgelab::stats
