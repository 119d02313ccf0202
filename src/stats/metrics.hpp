// Timeline -> metrics. The one table of metrics: name, unit, direction, formula. Pure.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "types/timeline.hpp"
#include "types/trial.hpp"

namespace edgelab::stats {

struct MetricDef {
  std::string_view name;
  std::string_view unit;
  std::string_view better;     // lower | higher
  std::string_view formula;    // for docs/METRICS.md and the reports
};

[[nodiscard]] std::span<MetricDef const> metric_table();
[[nodiscard]] MetricDef const* find_metric(std::string_view name);

// Columns of equal length, times not negative, emissions adding up to the rows: else what is wrong.
[[nodiscard]] Result<void> check_timeline(Timeline const& timeline);

// Every metric that the timeline and the memory figures have. Those they lack are left out, never 0.
// REQUIRES a timeline that check_timeline accepts. Metrics of single requests are means over the requests
// of the trial, percentiles over all their gaps.
[[nodiscard]] std::vector<Metric> metrics_of(Timeline const& timeline, MemoryUse const& memory);

// docs/METRICS.md, the part that is a table.
[[nodiscard]] std::string render_metric_table();

}  // namespace edgelab::stats
