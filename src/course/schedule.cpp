#include "course/schedule.hpp"

#include <algorithm>
#include <format>
#include <iterator>
#include <iterator>
#include <utility>

#include "core/text.hpp"
#include "course/refusal.hpp"
#include "plan/plan.hpp"
#include "stats/estimate.hpp"

namespace edgelab::course {

namespace {

std::vector<PlannedTrial> all_trials(Plan const& plan, plan::Cells const& cells) {
  std::vector<PlannedTrial> trials;
  auto const add = [&](TrialKind kind, std::int32_t block) {
    std::ranges::copy_if(plan::block_trials(plan, kind, block), std::back_inserter(trials),
                         [&](PlannedTrial const& planned) { return cells[planned.cell]; });
  };
  add(TrialKind::memory, 0);
  for (std::int32_t block = 0; block < plan.experiment.protocol.warmup; ++block) add(TrialKind::warmup, block);
  for (std::int32_t block = 0; block < plan.experiment.protocol.max_blocks; ++block) add(TrialKind::timed, block);
  return trials;
}

std::string counted_blocks(std::int32_t blocks) { return blocks == 1 ? "1 block" : std::format("{} blocks", blocks); }

}  // namespace

std::vector<TrialResult> unsupported_rows(Plan const& plan, std::vector<protocol::HelloReply> const& hellos,
                                          Record const& record) {
  std::vector<TrialResult> rows;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    Cell const& cell = plan.cells[i];
    if (record.is_unsupported(i)) continue;
    auto reason = refusal_of(plan, cell, hellos[cell.executor]);
    if (!reason) continue;
    TrialResult row;
    row.planned.cell = i;
    row.status = Status::unsupported;
    row.reason = *std::move(reason);
    row.started = utc_now();
    rows.push_back(std::move(row));
  }
  return rows;
}

Schedule::Schedule(Plan const& plan) : Schedule(plan, plan::Cells(plan.cells.size(), true), plan::Cells(plan.cells.size(), true)) {}

Schedule::Schedule(Plan const& plan, plan::Cells cells, plan::Cells decisive)
    : plan_(&plan), cells_(std::move(cells)), decisive_(std::move(decisive)), trials_(all_trials(plan, cells_)) {}

std::int32_t Schedule::left(Record const& record) const {
  return static_cast<std::int32_t>(std::ranges::count_if(trials_.begin() + static_cast<std::ptrdiff_t>(next_),
                                                         trials_.end(),
                                                         [&](auto const& planned) { return record.wants(planned); }));
}

// Asked once a block, and on a resumed run not for blocks after which the session before went on.
bool Schedule::precise_enough_after(PlannedTrial const& last, Record const& record) const {
  if (last.kind != TrialKind::timed || record.has(TrialKind::timed, last.block + 1, cells_)) return false;
  bool tied = false;
  for (std::size_t cell = 0; cell < cells_.size(); ++cell) {
    if (cells_[cell] || !decisive_[cell]) continue;
    tied = true;
    if (is_behind(cell, last.block, record)) return false;
  }
  if (!tied) return stats::precise_enough(*plan_, record.trials(), decisive_);
  // By the blocks that both have, so that how far another has come since changes nothing.
  std::vector<TrialResult> common;
  std::ranges::copy_if(record.trials(), std::back_inserter(common),
                       [&](TrialResult const& trial) { return trial.planned.block <= last.block; });
  return stats::precise_enough(*plan_, common, decisive_);
}

// Whether a cell of another lane has this block still before it.
bool Schedule::is_behind(std::size_t cell, std::int32_t block, Record const& record) const {
  if (plan_->cells[cell].refused || record.is_unsupported(cell) || record.is_given_up(cell)) return false;
  plan::Cells alone(cells_.size(), false);
  alone[cell] = true;
  return !record.has(TrialKind::timed, block, alone);
}

bool Schedule::any_has_run(Record const& record) const {
  for (std::size_t cell = 0; cell < cells_.size(); ++cell)
    if (cells_[cell] && record.has_run(cell)) return true;
  return false;
}

std::optional<PlannedTrial> Schedule::next(Record const& record) {
  if (over_ != Over::not_yet) return std::nullopt;
  if (next_ == 0 && left(record) == 0 && !any_has_run(record)) {
    over_ = Over::no_cell;
    return std::nullopt;
  }
  for (; next_ < trials_.size(); ++next_) {
    bool const block_ended = next_ > 0 && (trials_[next_].kind != trials_[next_ - 1].kind ||
                                           trials_[next_].block != trials_[next_ - 1].block);
    if (block_ended && precise_enough_after(trials_[next_ - 1], record)) {
      over_ = Over::interval;
      return std::nullopt;
    }
    if (record.wants(trials_[next_])) return trials_[next_++];
  }
  over_ = !trials_.empty() && precise_enough_after(trials_.back(), record) ? Over::interval : Over::blocks;
  return std::nullopt;
}

std::string Schedule::text_of(Over over, Plan const& plan) {
  switch (over) {
    case Over::not_yet: return {};
    case Over::no_cell: return "no cell can run";
    case Over::interval: return "interval reached";
    case Over::blocks: return counted_blocks(plan.experiment.protocol.max_blocks);
  }
  return {};
}

}  // namespace edgelab::course
