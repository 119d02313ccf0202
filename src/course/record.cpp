#include "course/record.hpp"

#include <algorithm>
#include <utility>

namespace edgelab::course {

void Record::add(TrialResult trial) {
  auto const& planned = trial.planned;
  run_.emplace(planned.kind, planned.block, planned.cell);
  auto& cell = cells_[planned.cell];
  if (trial.status == Status::unsupported) cell.unsupported = true;
  else cell.run = true;
  cell.failures_in_a_row = trial.status == Status::ok ? 0 : cell.failures_in_a_row + 1;
  trial.timeline = {};
  trials_.push_back(std::move(trial));
}

bool Record::is_given_up(std::size_t cell) const {
  return !cells_[cell].unsupported && cells_[cell].failures_in_a_row >= give_up_after;
}

bool Record::wants(PlannedTrial const& planned) const {
  return !is_unsupported(planned.cell) && !is_given_up(planned.cell) &&
         !run_.contains({planned.kind, planned.block, planned.cell});
}

bool Record::has(TrialKind kind, std::int32_t block, plan::Cells const& of) const {
  return std::any_of(run_.lower_bound({kind, block, 0}), run_.upper_bound({kind, block, cells_.size()}),
                     [&](auto const& trial) { return of[std::get<2>(trial)]; });
}

std::int32_t Record::trials_run() const {
  return static_cast<std::int32_t>(
      std::ranges::count_if(trials_, [](auto const& trial) { return trial.status != Status::unsupported; }));
}

}  // namespace edgelab::course
