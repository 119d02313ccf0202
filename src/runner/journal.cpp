#include "runner/journal.hpp"

#include <fstream>
#include <utility>

#include "report/report.hpp"
#include "runner/files.hpp"
#include "runner/runner.hpp"

namespace edgelab::runner {

std::string trial_line(Plan const& plan, TrialResult const& trial) {
  return report::render_trial_line(plan.cells[trial.planned.cell].id, trial) + "\n";
}

Result<Journal> Journal::open(Plan const& plan, store::Store& store, std::filesystem::path const& directory) {
  Journal journal(plan, store);
  EDGELAB_TRY(saved, store.trials(store::Store::Timelines::leave_out));
  // Written whole first: a session that was killed may have saved a trial and not told of it, or told half.
  std::string lines;
  for (auto& trial : saved) {
    if (trial.planned.cell >= plan.cells.size())
      return fail("results.db holds a trial of a cell that its plan has not");
    lines += trial_line(plan, trial);
    journal.take_note(std::move(trial));
  }
  journal.lines_ = directory / "trials.jsonl";
  EDGELAB_CHECK(write_whole(journal.lines_, lines));
  return journal;
}

Result<void> Journal::save(TrialResult trial) {
  EDGELAB_CHECK(store_->save(trial));
  // Opened for each line: reports made beside the run put a new file in the place of this one.
  std::ofstream(lines_, std::ios::app | std::ios::binary) << trial_line(*plan_, trial);
  trial.timeline = {};
  take_note(std::move(trial));
  return {};
}

void Journal::take_note(TrialResult trial) {
  auto const& planned = trial.planned;
  saved_.emplace(planned.kind, planned.block, planned.cell);
  auto& cell = cells_[planned.cell];
  if (trial.status == Status::unsupported) cell.unsupported = true;
  cell.failures_in_a_row = trial.status == Status::ok ? 0 : cell.failures_in_a_row + 1;
  trials_.push_back(std::move(trial));
}

bool Journal::is_given_up(std::size_t cell) const {
  return !cells_[cell].unsupported && cells_[cell].failures_in_a_row >= give_up_after;
}

bool Journal::wants(PlannedTrial const& planned) const {
  return !is_unsupported(planned.cell) && !is_given_up(planned.cell) &&
         !saved_.contains({planned.kind, planned.block, planned.cell});
}

bool Journal::has(TrialKind kind, std::int32_t block) const {
  auto const first = saved_.lower_bound({kind, block, 0});
  return first != saved_.end() && std::get<0>(*first) == kind && std::get<1>(*first) == block;
}

}  // namespace edgelab::runner
