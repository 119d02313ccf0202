#include "runner/journal.hpp"

#include <fstream>
#include <utility>

#include "report/report.hpp"
#include "runner/files.hpp"

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
    journal.record_.add(std::move(trial));
  }
  journal.lines_ = directory / "trials.jsonl";
  EDGELAB_CHECK(write_whole(journal.lines_, lines));
  return journal;
}

Result<void> Journal::save(TrialResult trial) {
  EDGELAB_CHECK(store_->save(trial));
  // Opened for each line: reports made beside the run put a new file in the place of this one.
  std::ofstream(lines_, std::ios::app | std::ios::binary) << trial_line(*plan_, trial);
  record_.add(std::move(trial));
  return {};
}

}  // namespace edgelab::runner
