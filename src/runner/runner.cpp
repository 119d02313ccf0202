#include "runner/runner.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "core/clock.hpp"
#include "core/text.hpp"
#include "plan/plan.hpp"
#include "probe/sampler.hpp"
#include "runner/checks.hpp"
#include "runner/cool_down.hpp"
#include "runner/journal.hpp"
#include "runner/ledger.hpp"
#include "runner/passes.hpp"
#include "runner/pool.hpp"
#include "runner/trial.hpp"
#include "stats/estimate.hpp"

namespace edgelab::runner {

namespace {

std::vector<PlannedTrial> schedule_of(Plan const& plan) {
  std::vector<PlannedTrial> schedule;
  auto const add = [&](TrialKind kind, std::int32_t block) {
    schedule.append_range(plan::block_trials(plan, kind, block));
  };
  add(TrialKind::memory, 0);
  for (std::int32_t block = 0; block < plan.experiment.protocol.warmup; ++block) add(TrialKind::warmup, block);
  for (std::int32_t block = 0; block < plan.experiment.protocol.max_blocks; ++block) add(TrialKind::timed, block);
  return schedule;
}

std::string counted_blocks(std::int32_t blocks) { return blocks == 1 ? "1 block" : std::format("{} blocks", blocks); }

class Loop {
 public:
  Loop(RunConfig const& config, store::Store& store, Journal journal, Observer& observer, std::stop_token stop)
      : config_(config),
        store_(store),
        journal_(std::move(journal)),
        observer_(observer),
        stop_(std::move(stop)),
        pool_(config.plan, config.hellos, config.start),
        begin_(Clock::now()) {
    if (config.machine.sensors && config.plan.experiment.protocol.probes) sampler_.emplace(*config.machine.sensors);
  }

  Result<RunOutcome> run() {
    EDGELAB_CHECK(save_unsupported());
    schedule_ = schedule_of(config_.plan);
    count_position();
    observer_.begins(config_.plan, journal_.trials(), position_);
    EDGELAB_TRY(outcome, run_schedule());
    if (outcome.ended == Ended::complete) EDGELAB_CHECK(run_sustained(outcome));
    if (outcome.ended == Ended::complete) {
      EDGELAB_TRY(checked, run_checks(config_, journal_, store_, pool_, observer_, stop_));
      if (!checked) outcome = interrupted();
    }
    if (outcome.ended == Ended::complete) {
      EDGELAB_TRY(asked, run_passes(config_.plan, usable(), store_, pool_, observer_, stop_));
      if (!asked) outcome = interrupted();
    }
    pool_.clear();
    observer_.ends(outcome.stopped_because);
    return outcome;
  }

 private:
  // Cells that cannot run are one row each, known before anything runs.
  Result<void> save_unsupported() {
    for (std::size_t i = 0; i < config_.plan.cells.size(); ++i) {
      Cell const& cell = config_.plan.cells[i];
      if (journal_.is_unsupported(i)) continue;
      auto reason = cell.refused;
      if (!reason) {
        reason = executor::unsupported(config_.hellos[cell.executor], asked_of(config_.plan, cell));
      }
      if (!reason) continue;
      TrialResult row;
      row.planned.cell = i;
      row.status = Status::unsupported;
      row.reason = *reason;
      row.started = utc_now();
      EDGELAB_CHECK(journal_.save(std::move(row)));
    }
    return {};
  }

  void count_position() {
    auto const left = std::ranges::count_if(schedule_, [&](auto const& planned) { return journal_.wants(planned); });
    position_.trials_done = static_cast<std::int32_t>(std::ranges::count_if(
        journal_.trials(), [](auto const& trial) { return trial.status != Status::unsupported; }));
    position_.trials_at_most = position_.trials_done + static_cast<std::int32_t>(left);
  }

  Result<RunOutcome> run_schedule() {
    if (position_.trials_at_most == 0) return RunOutcome{Ended::complete, "no cell can run"};
    for (std::size_t next = 0; next < schedule_.size(); ++next) {
      PlannedTrial const& planned = schedule_[next];
      if (journal_.wants(planned)) {
        if (stop_.stop_requested()) return interrupted();
        if (out_of_time()) return RunOutcome{Ended::complete, "time budget"};
        EDGELAB_CHECK(cool_before(planned));
        if (stop_.stop_requested()) return interrupted();
        EDGELAB_TRY(status, run_one(planned));
        if (status == Status::interrupted) return interrupted();
      }
      bool const block_ends = next + 1 == schedule_.size() || schedule_[next + 1].kind != planned.kind ||
                              schedule_[next + 1].block != planned.block;
      if (block_ends && precise_enough_after(planned)) return RunOutcome{Ended::complete, "interval reached"};
    }
    return RunOutcome{Ended::complete, counted_blocks(config_.plan.experiment.protocol.max_blocks)};
  }

  std::vector<bool> usable() const {
    std::vector<bool> cells(config_.plan.cells.size(), false);
    for (auto const& trial : journal_.trials())
      if (trial.status == Status::ok && trial.planned.kind == TrialKind::timed) cells[trial.planned.cell] = true;
    return cells;
  }

  // Where nothing was told of a temperature when the run began, there is none to go back to.
  Result<void> cool_before(PlannedTrial const& planned) {
    auto const& rule = config_.plan.experiment.protocol.cool_down;
    auto const& machine = config_.machine;
    bool const first = planned.kind == TrialKind::timed && std::exchange(begun_, planned.block) != planned.block;
    if (!rule || !machine.sensors || !waits_before(*rule, planned, first)) return {};
    auto const from = rule->to_c ? rule->to_c : machine.start_c;
    if (!from) return {};
    auto const wait = cool_down(
        *rule, *from + rule->within_c, planned, [&machine] { return probe::hottest_c(machine.sensors->temperature); },
        observer_, stop_);
    return wait ? store_.save(*wait) : Result<void>{};
  }

  // One cell after another, for the protocol's time each. What earlier sessions ran of it counts.
  Result<void> run_sustained(RunOutcome& outcome) {
    for (auto const cell : plan::sustained_cells(config_.plan)) {
      double spent_s = 0.0;
      std::int32_t number = 0;
      for (auto const& trial : journal_.trials())
        if (trial.planned.kind == TrialKind::sustained && trial.planned.cell == cell) {
          spent_s += trial.wall_ms / 1000.0;
          ++number;
        }
      for (; spent_s < config_.plan.experiment.protocol.sustained->seconds; ++number) {
        auto const planned = plan::sustained_trial(config_.plan, cell, number);
        if (!journal_.wants(planned)) break;
        if (out_of_time()) {
          outcome.stopped_because = "time budget";
          return {};
        }
        position_.trials_at_most = position_.trials_done + 1;
        EDGELAB_CHECK(cool_before(planned));
        auto const status = stop_.stop_requested() ? Result<Status>(Status::interrupted) : run_one(planned);
        if (!status) return std::unexpected(status.error());
        if (*status == Status::interrupted) {
          outcome = interrupted();
          return {};
        }
        spent_s += journal_.trials().back().wall_ms / 1000.0;
      }
    }
    return {};
  }

  Result<Status> run_one(PlannedTrial const& planned) {
    observer_.trial_begins(planned, position_);
    Probing const probing{.sampler = sampler_ ? &*sampler_ : nullptr, .rates = config_.machine.rates};
    TrialResult result = run_trial(config_.plan, planned, pool_, probing, observer_, stop_);
    Status const status = result.status;
    if (status == Status::interrupted) return status;
    EDGELAB_CHECK(journal_.save(std::move(result)));
    if (journal_.is_unsupported(planned.cell) || journal_.is_given_up(planned.cell)) {
      count_position();
    } else {
      ++position_.trials_done;
    }
    observer_.trial_ended(journal_.trials().back(), position_);
    if (status != Status::ok && journal_.is_given_up(planned.cell)) {
      observer_.notice(
          std::format("{} is given up: its last {} trials failed", config_.plan.cells[planned.cell].id, give_up_after));
    }
    return status;
  }

  // Asked once a block, and on a resumed run not for blocks after which the session before went on.
  bool precise_enough_after(PlannedTrial const& last) const {
    return last.kind == TrialKind::timed && !journal_.has(TrialKind::timed, last.block + 1) &&
           stats::precise_enough(config_.plan, journal_.trials());
  }

  bool out_of_time() const {
    return config_.time_left_s && std::chrono::duration<double>(Clock::now() - begin_).count() >= *config_.time_left_s;
  }

  static RunOutcome interrupted() { return {Ended::interrupted, "interrupted"}; }

  RunConfig const& config_;
  store::Store& store_;
  Journal journal_;
  Observer& observer_;
  std::stop_token stop_;
  Pool pool_;
  Clock::time_point begin_;
  std::optional<probe::Sampler> sampler_;
  std::optional<std::int32_t> begun_;          // the timed block that was last begun
  std::vector<PlannedTrial> schedule_;
  Position position_;
};

}  // namespace

Result<RunOutcome> run(RunConfig const& config, store::Store& store, Observer& observer, std::stop_token stop) {
  EDGELAB_TRY(journal, Journal::open(config.plan, store, config.directory));
  return Loop(config, store, std::move(journal), observer, std::move(stop)).run();
}

}  // namespace edgelab::runner
