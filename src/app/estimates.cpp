#include "app/estimates.hpp"

#include <algorithm>

#include "plan/lanes.hpp"

namespace edgelab::app {

Estimates::Estimates(Plan const& plan)
    : plan_(&plan), metric_(plan.experiment.protocol.until_metric.value_or("decode_tps")), cells_(plan.cells.size()) {
  auto const lanes = plan::lanes_of(plan);
  lanes_.resize(lanes.size());
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    cells_[i].unsupported = plan.cells[i].refused.has_value();
    cells_[i].lane = plan::lane_of(lanes, i);
  }
}

void Estimates::trial_ended(TrialResult const& result, Clock::time_point now) {
  // Loading and starting are part of the pace, so the whole time since the trial began counts.
  auto const& cell = cells_[result.planned.cell];
  auto& lane = lanes_[cell.lane];
  auto& pace = result.planned.kind == TrialKind::memory ? lane.memory : lane.others;
  pace.spent_s += std::chrono::duration<double>(now - cell.begin).count();
  ++pace.ended;
  take(result);
}

void Estimates::take(TrialResult const& result) {
  auto& cell = cells_[result.planned.cell];
  if (result.status == Status::unsupported) cell.unsupported = true;
  if (result.status != Status::ok && result.status != Status::unsupported) ++cell.bad;
  if (result.status != Status::ok || result.planned.kind != TrialKind::timed) return;
  auto const found = std::ranges::find(result.metrics, metric_, &Metric::name);
  if (found != result.metrics.end()) cell.by_block[result.planned.block] = found->value;
}

std::optional<double> Estimates::latest(std::size_t cell) const {
  auto const& values = cells_[cell].by_block;
  return values.empty() ? std::nullopt : std::optional(values.rbegin()->second);
}

std::optional<stats::Interval> Estimates::ratio(std::size_t cell) const {
  std::size_t const baseline = plan_->cells[cell].baseline;
  if (baseline == cell) return std::nullopt;
  std::vector<double> own;
  std::vector<double> other;
  for (auto const& [block, value] : cells_[cell].by_block) {
    auto const pair = cells_[baseline].by_block.find(block);
    if (pair == cells_[baseline].by_block.end()) continue;
    own.push_back(value);
    other.push_back(pair->second);
  }
  if (own.empty()) return std::nullopt;
  return stats::paired_ratio(own, other, stats::t_level(plan_->experiment.protocol));
}

std::optional<double> Estimates::LanePace::time_for(std::int32_t trials) const {
  if (trials == 0) return 0.0;
  auto const& pace = others.ended > 0 ? others : memory;
  if (pace.ended == 0) return std::nullopt;
  return pace.spent_s / pace.ended * trials;
}

std::optional<double> Estimates::time_left_s(runner::Position const& position) const {
  double longest = 0.0;
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    bool const alone = lanes_.size() == 1 || lane >= position.left.size();
    auto const left = alone ? position.trials_at_most - position.trials_done : position.left[lane];
    auto const needs = lanes_[lane].time_for(left);
    if (!needs) return std::nullopt;
    longest = std::max(longest, *needs);
  }
  return longest;
}

}  // namespace edgelab::app
