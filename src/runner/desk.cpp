#include "runner/desk.hpp"

#include <chrono>
#include <format>
#include <numeric>
#include <utility>

#include "plan/plan.hpp"

namespace edgelab::runner {

Desk::Desk(RunConfig const& config, std::vector<plan::Lane> const& lanes, store::Store& store, Journal journal, Observer& observer)
    : config_(config),
      store_(store),
      journal_(std::move(journal)),
      observer_(observer),
      begin_(Clock::now()),
      one_at_a_time_(mutex_, observer),
      left_(lanes.size(), 0) {
  for (auto const& lane : lanes) schedules_.emplace_back(config.plan, lane.cells, lane.decisive);
}

Result<void> Desk::open() {
  std::scoped_lock const lock(mutex_);
  for (auto& row : course::unsupported_rows(config_.plan, config_.hellos, journal_.record()))
    EDGELAB_CHECK(journal_.save(std::move(row)));
  done_ = journal_.record().trials_run();
  for (std::size_t lane = 0; lane < left_.size(); ++lane) left_[lane] = schedules_[lane].left(journal_.record());
  observer_.begins(config_.plan, journal_.trials(), position());
  return {};
}

Position Desk::position() const {
  return {.trials_done = done_, .trials_at_most = std::accumulate(left_.begin(), left_.end(), done_), .left = left_};
}

std::optional<PlannedTrial> Desk::next(std::size_t lane) {
  std::scoped_lock const lock(mutex_);
  auto planned = schedules_[lane].next(journal_.record());
  if (!planned) left_[lane] = 0;
  return planned;
}

// What earlier sessions ran of it counts.
std::optional<PlannedTrial> Desk::next_sustained(std::size_t lane, std::size_t cell) {
  std::scoped_lock const lock(mutex_);
  double spent_s = 0.0;
  std::int32_t number = 0;
  for (auto const& trial : journal_.trials())
    if (trial.planned.kind == TrialKind::sustained && trial.planned.cell == cell) {
      spent_s += trial.wall_ms / 1000.0;
      ++number;
    }
  if (spent_s >= config_.plan.experiment.protocol.sustained->seconds) return std::nullopt;
  auto const planned = plan::sustained_trial(config_.plan, cell, number);
  if (!journal_.record().wants(planned)) return std::nullopt;
  left_[lane] = 1;
  return planned;
}

void Desk::begins(PlannedTrial const& planned) {
  std::scoped_lock const lock(mutex_);
  observer_.trial_begins(planned, position());
}

Result<void> Desk::save(std::size_t lane, TrialResult result) {
  std::scoped_lock const lock(mutex_);
  auto const cell = result.planned.cell;
  bool const went_well = result.status == Status::ok;
  EDGELAB_CHECK(journal_.save(std::move(result)));
  auto const& record = journal_.record();
  if (record.is_unsupported(cell) || record.is_given_up(cell)) {
    done_ = record.trials_run();
    left_[lane] = schedules_[lane].over() == course::Schedule::Over::not_yet ? schedules_[lane].left(record) : 0;
  } else {
    ++done_;
    --left_[lane];
  }
  observer_.trial_ended(journal_.trials().back(), position());
  if (!went_well && record.is_given_up(cell))
    observer_.notice(std::format("{} is given up: its last {} trials failed", config_.plan.cells[cell].id, course::give_up_after));
  return {};
}

Result<void> Desk::save(CoolDownWait const& wait) {
  std::scoped_lock const lock(mutex_);
  return store_.save(wait);
}

bool Desk::out_of_time() const {
  return config_.time_left_s && std::chrono::duration<double>(Clock::now() - begin_).count() >= *config_.time_left_s;
}

void Desk::OneAtATime::begins(Plan const& plan, std::span<TrialResult const> before, Position const& position) {
  std::scoped_lock const lock(mutex_);
  observer_.begins(plan, before, position);
}
void Desk::OneAtATime::trial_begins(PlannedTrial const& trial, Position const& position) {
  std::scoped_lock const lock(mutex_);
  observer_.trial_begins(trial, position);
}
// Called between an executor's lines, where a wait would make what follows seem to have come later. The next one tells as much.
void Desk::OneAtATime::trial_progress(PlannedTrial const& trial, protocol::Progress const& progress) {
  std::unique_lock const lock(mutex_, std::try_to_lock);
  if (lock) observer_.trial_progress(trial, progress);
}
void Desk::OneAtATime::trial_ended(TrialResult const& result, Position const& position) {
  std::scoped_lock const lock(mutex_);
  observer_.trial_ended(result, position);
}
void Desk::OneAtATime::waits(PlannedTrial const& trial, std::string_view text) {
  std::scoped_lock const lock(mutex_);
  observer_.waits(trial, text);
}
void Desk::OneAtATime::cools(Cooling const& cooling) {
  std::scoped_lock const lock(mutex_);
  observer_.cools(cooling);
}
void Desk::OneAtATime::cooled(CoolDownWait const& wait) {
  std::scoped_lock const lock(mutex_);
  observer_.cooled(wait);
}
void Desk::OneAtATime::notice(std::string_view text) {
  std::scoped_lock const lock(mutex_);
  observer_.notice(text);
}
void Desk::OneAtATime::afterwards(Afterwards const& position) {
  std::scoped_lock const lock(mutex_);
  observer_.afterwards(position);
}
void Desk::OneAtATime::ends(std::string_view stopped_because) {
  std::scoped_lock const lock(mutex_);
  observer_.ends(stopped_because);
}

}  // namespace edgelab::runner
