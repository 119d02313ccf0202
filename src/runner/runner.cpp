#include "runner/runner.hpp"

#include <algorithm>
#include <exception>
#include <functional>
#include <thread>
#include <utility>

#include "plan/lanes.hpp"
#include "runner/checks.hpp"
#include "runner/desk.hpp"
#include "runner/journal.hpp"
#include "runner/lane_run.hpp"
#include "runner/passes.hpp"
#include "runner/pool.hpp"

namespace edgelab::runner {

namespace {

std::string because(LaneEnd end, Plan const& plan) {
  using course::Schedule;
  switch (end) {
    case LaneEnd::no_cell: return Schedule::text_of(Schedule::Over::no_cell, plan);
    case LaneEnd::interval: return Schedule::text_of(Schedule::Over::interval, plan);
    case LaneEnd::blocks: return Schedule::text_of(Schedule::Over::blocks, plan);
    case LaneEnd::time: return "time budget";
    case LaneEnd::stopped: return "interrupted";
  }
  return {};
}

RunOutcome outcome_of(LaneEnd end, Plan const& plan) {
  return {.ended = end == LaneEnd::stopped ? Ended::interrupted : Ended::complete, .stopped_because = because(end, plan)};
}

// All lanes, each until it has ended. The first of them on this thread, with `pool`.
class Lanes {
 public:
  Lanes(RunConfig const& config, std::vector<plan::Lane> const& lanes, Desk& desk, std::stop_token const& stop)
      : config_(config), lanes_(lanes), desk_(desk), ended_(lanes.size()), thrown_(lanes.size()),
        stopped_(stop, [this] { ending_.request_stop(); }) {}

  Result<LaneEnd> run(Pool& pool) {
    {
      std::vector<std::jthread> devices;
      try {
        for (std::size_t lane = 1; lane < lanes_.size(); ++lane) devices.emplace_back([this, lane] { run(lane); });
      } catch (...) {     // no thread: those that there are end before they are waited for
        ending_.request_stop();
        throw;
      }
      guarded(0, [&] { return run_lane(config_, lanes_, 0, desk_, pool, ending_.get_token()); });
    }
    for (auto const& exception : thrown_)
      if (exception) std::rethrow_exception(exception);
    auto most = LaneEnd::no_cell;
    for (auto const& end : ended_) {
      if (!end) return end;
      most = std::max(most, *end);
    }
    return most;
  }

 private:
  void run(std::size_t lane) {
    guarded(lane, [&] {
      Pool own(config_.plan, config_.hellos, config_.start);
      return run_lane(config_, lanes_, lane, desk_, own, ending_.get_token());
    });
  }

  // What goes wrong in one lane ends all of them.
  void guarded(std::size_t lane, std::function<Result<LaneEnd>()> const& work) {
    try {
      ended_[lane] = work();
    } catch (...) {
      thrown_[lane] = std::current_exception();
    }
    if (thrown_[lane] || !ended_[lane]) ending_.request_stop();
  }

  RunConfig const& config_;
  std::vector<plan::Lane> const& lanes_;
  Desk& desk_;
  std::stop_source ending_;                    // the user's stop, or an error's
  std::vector<Result<LaneEnd>> ended_;         // each written by its lane
  std::vector<std::exception_ptr> thrown_;
  std::stop_callback<std::function<void()>> stopped_;
};

std::vector<bool> usable(Plan const& plan, Journal const& journal) {
  std::vector<bool> cells(plan.cells.size(), false);
  for (auto const& trial : journal.trials())
    if (trial.status == Status::ok && trial.planned.kind == TrialKind::timed) cells[trial.planned.cell] = true;
  return cells;
}

// What is asked when the trials are over. False: interrupted.
Result<bool> run_afterwards(RunConfig const& config, Journal const& journal, store::Store& store, Pool& pool,
                            Observer& observer, std::stop_token const& stop) {
  EDGELAB_TRY(checked, run_checks(config, journal, store, pool, observer, stop));
  if (!checked) return false;
  return run_passes(config.plan, usable(config.plan, journal), store, pool, observer, stop);
}

}  // namespace

Result<RunOutcome> run(RunConfig const& config, store::Store& store, Observer& observer, std::stop_token stop) {
  EDGELAB_TRY(journal, Journal::open(config.plan, store, config.directory));
  auto const lanes = plan::lanes_of(config.plan);
  Desk desk(config, lanes, store, std::move(journal), observer);
  Pool pool(config.plan, config.hellos, config.start);
  EDGELAB_CHECK(desk.open());
  EDGELAB_TRY(end, Lanes(config, lanes, desk, stop).run(pool));
  if (end != LaneEnd::stopped) {
    EDGELAB_TRY(done, run_afterwards(config, desk.journal(), store, pool, observer, stop));
    if (!done) end = LaneEnd::stopped;
  }
  pool.clear();
  auto outcome = outcome_of(end, config.plan);
  observer.ends(outcome.stopped_because);
  return outcome;
}

}  // namespace edgelab::runner
