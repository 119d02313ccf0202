#include "course/schedule.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "core/text.hpp"
#include "course/refusal.hpp"
#include "plan/plan.hpp"
#include "stats/estimate.hpp"

namespace edgelab::course {

namespace {

std::vector<PlannedTrial> all_trials(Plan const& plan) {
  std::vector<PlannedTrial> trials;
  auto const add = [&](TrialKind kind, std::int32_t block) {
    auto const more = plan::block_trials(plan, kind, block);
    trials.insert(trials.end(), more.begin(), more.end());
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

Schedule::Schedule(Plan const& plan) : plan_(&plan), trials_(all_trials(plan)) {}

std::int32_t Schedule::left(Record const& record) const {
  return static_cast<std::int32_t>(std::ranges::count_if(trials_.begin() + static_cast<std::ptrdiff_t>(next_),
                                                         trials_.end(),
                                                         [&](auto const& planned) { return record.wants(planned); }));
}

// Asked once a block, and on a resumed run not for blocks after which the session before went on.
bool Schedule::precise_enough_after(PlannedTrial const& last, Record const& record) const {
  return last.kind == TrialKind::timed && !record.has(TrialKind::timed, last.block + 1) &&
         stats::precise_enough(*plan_, record.trials());
}

std::optional<PlannedTrial> Schedule::next(Record const& record) {
  if (!ended_.empty()) return std::nullopt;
  if (next_ == 0 && record.trials_run() + left(record) == 0) {
    ended_ = "no cell can run";
    return std::nullopt;
  }
  for (; next_ < trials_.size(); ++next_) {
    bool const block_ended = next_ > 0 && (trials_[next_].kind != trials_[next_ - 1].kind ||
                                           trials_[next_].block != trials_[next_ - 1].block);
    if (block_ended && precise_enough_after(trials_[next_ - 1], record)) {
      ended_ = "interval reached";
      return std::nullopt;
    }
    if (record.wants(trials_[next_])) return trials_[next_++];
  }
  bool const precise = !trials_.empty() && precise_enough_after(trials_.back(), record);
  ended_ = precise ? "interval reached" : counted_blocks(plan_->experiment.protocol.max_blocks);
  return std::nullopt;
}

}  // namespace edgelab::course
