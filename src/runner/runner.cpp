#include "runner/runner.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "core/clock.hpp"
#include "core/text.hpp"
#include "course/schedule.hpp"
#include "course/verdict.hpp"
#include "plan/plan.hpp"
#include "probe/sampler.hpp"
#include "runner/checks.hpp"
#include "runner/cool_down.hpp"
#include "runner/journal.hpp"
#include "runner/passes.hpp"
#include "runner/pool.hpp"
#include "runner/trial.hpp"

namespace edgelab::runner {

namespace {

class Loop {
 public:
  Loop(RunConfig const& config, store::Store& store, Journal journal, Observer& observer, std::stop_token stop)
      : config_(config),
        store_(store),
        journal_(std::move(journal)),
        observer_(observer),
        stop_(std::move(stop)),
        pool_(config.plan, config.hellos, config.start),
        begin_(Clock::now()),
        schedule_(config.plan) {
    if (config.machine.sensors && config.plan.experiment.protocol.probes) sampler_.emplace(*config.machine.sensors);
  }

  Result<RunOutcome> run() {
    EDGELAB_CHECK(save_unsupported());
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
    for (auto& row : course::unsupported_rows(config_.plan, config_.hellos, journal_.record()))
      EDGELAB_CHECK(journal_.save(std::move(row)));
    return {};
  }

  void count_position() {
    position_.trials_done = journal_.record().trials_run();
    position_.trials_at_most = position_.trials_done + schedule_.left(journal_.record());
  }

  Result<RunOutcome> run_schedule() {
    while (auto const planned = schedule_.next(journal_.record())) {
      if (stop_.stop_requested()) return interrupted();
      if (out_of_time()) return RunOutcome{Ended::complete, "time budget"};
      EDGELAB_CHECK(cool_before(*planned));
      if (stop_.stop_requested()) return interrupted();
      if (out_of_time()) return RunOutcome{Ended::complete, "time budget"};
      EDGELAB_TRY(status, run_one(*planned));
      if (status == Status::interrupted) return interrupted();
    }
    return RunOutcome{Ended::complete, schedule_.ended()};
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
        if (!journal_.record().wants(planned)) break;
        if (out_of_time()) {
          outcome.stopped_because = "time budget";
          return {};
        }
        position_.trials_at_most = position_.trials_done + 1;
        EDGELAB_CHECK(cool_before(planned));
        if (out_of_time()) {
          outcome.stopped_because = "time budget";
          return {};
        }
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
    auto const started = utc_now();
    auto const unfit = await_fit(planned);
    TrialResult result = unfit ? course::troubled(planned, Status::failed, *unfit)
                               : run_trial(config_.plan, planned, pool_, probing, observer_, stop_);
    if (unfit) result.started = started;
    Status const status = result.status;
    if (status == Status::interrupted) return status;
    EDGELAB_CHECK(journal_.save(std::move(result)));
    auto const& record = journal_.record();
    if (record.is_unsupported(planned.cell) || record.is_given_up(planned.cell)) {
      count_position();
    } else {
      ++position_.trials_done;
    }
    observer_.trial_ended(journal_.trials().back(), position_);
    if (status != Status::ok && record.is_given_up(planned.cell)) {
      observer_.notice(std::format("{} is given up: its last {} trials failed", config_.plan.cells[planned.cell].id,
                                   course::give_up_after));
    }
    return status;
  }

  std::optional<std::string> await_fit(PlannedTrial const& planned) {
    if (!config_.await_fit) return std::nullopt;
    return config_.await_fit(config_.plan.cells[planned.cell].executor, stop_, [this](std::string_view text) { observer_.notice(text); });
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
  course::Schedule schedule_;
  Position position_;
};

}  // namespace

Result<RunOutcome> run(RunConfig const& config, store::Store& store, Observer& observer, std::stop_token stop) {
  EDGELAB_TRY(journal, Journal::open(config.plan, store, config.directory));
  return Loop(config, store, std::move(journal), observer, std::move(stop)).run();
}

}  // namespace edgelab::runner
