#include <algorithm>
#include <cmath>
#include <vector>

#include "stats/blocks.hpp"

namespace edgelab::stats {

namespace {

bool narrow(Interval const& interval, Protocol const& protocol) {
  if (interval.n < std::max(protocol.min_blocks, 2) || !interval.ci95 || interval.estimate == 0.0) return false;
  double const half_width = ((*interval.ci95)[1] - (*interval.ci95)[0]) / 2.0;
  return half_width <= protocol.ci95_within * std::abs(interval.estimate);
}

}  // namespace

bool precise_enough(Plan const& plan, std::span<TrialResult const> trials, std::vector<bool> const& of) {
  auto const& protocol = plan.experiment.protocol;
  auto const* metric = protocol.until_metric ? find_metric(*protocol.until_metric) : nullptr;
  if (metric == nullptr) return false;

  auto const cells = by_cell(plan, trials);
  auto const measured = [&](std::size_t i) {
    return (of.empty() || of[i]) && !plan.cells[i].refused && !cells[i].timed.empty();
  };
  auto const is_baseline = [&](std::size_t i) { return plan.cells[i].baseline == i; };
  auto const values = [&](std::size_t i) { return values_of(*metric, cells[i], cells[plan.cells[i].baseline]); };

  double const level = t_level(protocol);
  auto const ratio = [&](std::size_t i) {
    return ratio_interval(list_of(log_ratio_of(values(i), values(plan.cells[i].baseline))), level);
  };

  bool compared = false;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    if (is_baseline(i) || !measured(i)) continue;
    compared = true;
    if (!narrow(ratio(i), protocol)) return false;
  }
  if (compared) return true;

  bool any = false;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    if (!measured(i)) continue;
    any = true;
    if (!narrow(mean_interval(list_of(values(i)), level), protocol)) return false;
  }
  return any;
}

}  // namespace edgelab::stats
