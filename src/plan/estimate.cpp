#include <algorithm>
#include <cmath>

#include "plan/lanes.hpp"
#include "plan/plan.hpp"

namespace edgelab::plan {

namespace {

// What a trial takes besides its requests where nothing has been measured: a context, a process for the memory
// trials. Rough; measured seconds replace it.
constexpr double overhead_s = 0.2;

// How long the last request arrives after the first, once through.
double arrivals_s(Workload const& workload) {
  auto const& arrivals = workload.arrivals;
  auto const per_trial = workload.per_trial > 0 ? static_cast<std::size_t>(workload.per_trial) : workload.requests.size();
  switch (arrivals.kind) {
    case Arrivals::Kind::constant:
    case Arrivals::Kind::poisson: return static_cast<double>(per_trial) / arrivals.rate_per_s;
    case Arrivals::Kind::trace: return arrivals.times_s.empty() ? 0.0 : arrivals.times_s.back();
    case Arrivals::Kind::closed:
    case Arrivals::Kind::burst: break;
  }
  return 0.0;
}

// One machine's trials.
TimeEstimate estimate_lane(Plan const& plan, Lane const& lane, std::vector<double> const& measured_s, double& longest_s) {
  auto const& protocol = plan.experiment.protocol;
  double block_s = 0.0;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    auto const& cell = plan.cells[i];
    if (cell.refused || !lane.cells[i]) continue;
    bool const measured = i < measured_s.size() && measured_s[i] > 0.0;
    auto const& workload = plan.experiment.workloads[cell.workload];
    double const trial_s = measured ? measured_s[i] : std::max(protocol.trial_min_s, arrivals_s(workload)) + overhead_s;
    block_s += trial_s;
    longest_s = std::max(longest_s, trial_s);
  }
  // Warm-ups and one memory trial a cell besides the timed blocks.
  double const before_s = block_s * (protocol.warmup + 1);
  bool const may_stop_early = protocol.until_metric.has_value();
  TimeEstimate estimate;
  estimate.at_most_s = before_s + block_s * protocol.max_blocks;
  estimate.at_least_s = before_s + block_s * (may_stop_early ? protocol.min_blocks : protocol.max_blocks);
  if (protocol.cool_down && lane.device.empty()) {
    auto const cells = static_cast<double>(std::ranges::count(lane.cells, true));
    auto const waits = protocol.cool_down->before == CoolDown::Before::trial ? cells : 1.0;
    estimate.at_most_s += waits * protocol.max_blocks * protocol.cool_down->limit_s;
  }
  if (protocol.sustained) {
    auto const stretches = std::ranges::count_if(sustained_cells(plan), [&](std::size_t cell) { return lane.cells[cell]; });
    auto const stretches_s = static_cast<double>(stretches) * protocol.sustained->seconds;
    estimate.at_least_s += stretches_s;
    estimate.at_most_s += stretches_s;
  }
  return estimate;
}

}  // namespace

TimeEstimate estimate_time(Plan const& plan, std::vector<double> const& measured_s) {
  TimeEstimate estimate;
  double longest_s = 0.0;
  for (auto const& lane : lanes_of(plan)) {
    auto const own = estimate_lane(plan, lane, measured_s, longest_s);
    estimate.at_least_s = std::max(estimate.at_least_s, own.at_least_s);
    estimate.at_most_s = std::max(estimate.at_most_s, own.at_most_s);
  }
  if (auto const& budget_s = plan.experiment.protocol.time_budget_s) {
    // A trial that has begun is ended.
    estimate.at_most_s = std::min(estimate.at_most_s, *budget_s + longest_s);
    estimate.at_least_s = std::min(estimate.at_least_s, *budget_s);
  }
  return estimate;
}

}  // namespace edgelab::plan
