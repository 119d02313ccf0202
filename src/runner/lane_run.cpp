#include "runner/lane_run.hpp"

#include <optional>
#include <string>
#include <utility>

#include "core/text.hpp"
#include "course/verdict.hpp"
#include "plan/plan.hpp"
#include "probe/sampler.hpp"
#include "runner/cool_down.hpp"
#include "runner/trial.hpp"

namespace edgelab::runner {

namespace {

class LaneRun {
 public:
  LaneRun(RunConfig const& config, plan::Lane const& lane, std::size_t number, Desk& desk, Pool& pool, std::stop_token const& stop)
      : config_(config), lane_(lane), number_(number), desk_(desk), pool_(pool), stop_(stop) {
    // Of this machine, which a device's trials do not load.
    if (!lane.device.empty()) return;
    sensors_ = config.machine.sensors.get();
    if (sensors_ != nullptr && config.plan.experiment.protocol.probes) sampler_.emplace(*sensors_);
  }

  Result<LaneEnd> run() {
    EDGELAB_TRY(scheduled, run_schedule());
    if (scheduled == LaneEnd::time || scheduled == LaneEnd::stopped) return scheduled;
    EDGELAB_TRY(end, run_sustained());
    return end.value_or(scheduled);
  }

 private:
  Result<LaneEnd> run_schedule() {
    while (auto const planned = desk_.next(number_)) {
      EDGELAB_TRY(end, run_when_cool(*planned));
      if (end) return *end;
    }
    switch (desk_.over(number_)) {
      case course::Schedule::Over::no_cell: return LaneEnd::no_cell;
      case course::Schedule::Over::interval: return LaneEnd::interval;
      default: return LaneEnd::blocks;
    }
  }

  // One cell after another, for the protocol's time each.
  Result<std::optional<LaneEnd>> run_sustained() {
    for (auto const cell : plan::sustained_cells(config_.plan)) {
      if (!lane_.cells[cell]) continue;
      while (auto const planned = desk_.next_sustained(number_, cell)) {
        EDGELAB_TRY(end, run_when_cool(*planned));
        if (end) return end;
      }
    }
    return std::nullopt;
  }

  // Why the lane is over, where it is.
  Result<std::optional<LaneEnd>> run_when_cool(PlannedTrial const& planned) {
    if (auto const end = cut_short()) return end;
    EDGELAB_CHECK(cool_before(planned));
    if (auto const end = cut_short()) return end;
    EDGELAB_TRY(status, run_one(planned));
    if (status != Status::interrupted) return std::nullopt;
    return cut_short().value_or(LaneEnd::stopped);
  }

  std::optional<LaneEnd> cut_short() const {
    if (stop_.stop_requested()) return LaneEnd::stopped;
    if (desk_.out_of_time()) return LaneEnd::time;
    return std::nullopt;
  }

  // Where nothing was told of a temperature when the run began, there is none to go back to.
  Result<void> cool_before(PlannedTrial const& planned) {
    auto const& rule = config_.plan.experiment.protocol.cool_down;
    bool const first = planned.kind == TrialKind::timed && std::exchange(begun_, planned.block) != planned.block;
    if (!rule || sensors_ == nullptr || !waits_before(*rule, planned, first)) return {};
    auto const from = rule->to_c ? rule->to_c : config_.machine.start_c;
    if (!from) return {};
    auto const wait = cool_down(
        *rule, *from + rule->within_c, planned, [this] { return probe::hottest_c(sensors_->temperature); },
        desk_.observer(), stop_);
    return wait ? desk_.save(*wait) : Result<void>{};
  }

  Result<Status> run_one(PlannedTrial const& planned) {
    desk_.begins(planned);
    Probing const probing{.sampler = sampler_ ? &*sampler_ : nullptr, .rates = config_.machine.rates};
    auto const started = utc_now();
    auto const unfit = await_fit(planned);
    if (desk_.out_of_time()) return Status::interrupted;      // a wait may have taken what was left
    TrialResult result = unfit ? course::troubled(planned, Status::failed, *unfit)
                               : run_trial(config_.plan, planned, pool_, probing, desk_.observer(), stop_);
    if (unfit) result.started = started;
    Status const status = result.status;
    if (status != Status::interrupted) EDGELAB_CHECK(desk_.save(number_, std::move(result)));
    return status;
  }

  std::optional<std::string> await_fit(PlannedTrial const& planned) {
    if (!config_.await_fit) return std::nullopt;
    bool told = false;
    auto unfit = config_.await_fit(config_.plan.cells[planned.cell].executor, stop_, [&](std::string_view text) {
      told = true;
      desk_.observer().waits(planned, text);
    });
    if (told) desk_.observer().waits(planned, {});
    return unfit;
  }

  RunConfig const& config_;
  plan::Lane const& lane_;
  std::size_t number_;
  Desk& desk_;
  Pool& pool_;
  std::stop_token const& stop_;
  probe::Sensors* sensors_ = nullptr;
  std::optional<probe::Sampler> sampler_;
  std::optional<std::int32_t> begun_;          // the timed block that was last begun
};

}  // namespace

Result<LaneEnd> run_lane(RunConfig const& config, std::vector<plan::Lane> const& lanes, std::size_t lane, Desk& desk, Pool& pool,
                         std::stop_token const& stop) {
  return LaneRun(config, lanes[lane], lane, desk, pool, stop).run();
}

}  // namespace edgelab::runner
