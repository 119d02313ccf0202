#include "stats/thermal.hpp"

#include <algorithm>
#include <map>

#include "stats/metrics.hpp"

namespace edgelab::stats {

ThermalSummary thermal_summary(std::span<TrialResult const> trials, std::span<CoolDownWait const> waits) {
  ThermalSummary summary;
  std::map<std::int32_t, bool> throttled;    // by block
  for (auto const& trial : trials) {
    if (trial.planned.kind != TrialKind::timed || trial.status != Status::ok) continue;
    if (auto const value = value_of(trial.metrics, "throttled"))
      throttled[trial.planned.block] = throttled[trial.planned.block] || *value > 0.0;
    if (auto const celsius = value_of(trial.metrics, "temp_max_c"))
      summary.hottest_c = std::max(summary.hottest_c.value_or(*celsius), *celsius);
  }
  summary.blocks_watched = static_cast<std::int32_t>(throttled.size());
  for (auto const& [block, was] : throttled)
    if (was) summary.throttled_blocks.push_back(block);

  for (auto const& wait : waits) {
    if (!summary.cool_down) summary.cool_down.emplace();
    auto& told = *summary.cool_down;
    told.target_c = wait.target_c;
    told.waited_s += wait.waited_s;
    told.longest_s = std::max(told.longest_s, wait.waited_s);
    ++told.waits;
    if (!wait.reached) ++told.not_reached;
  }
  return summary;
}

}  // namespace edgelab::stats
