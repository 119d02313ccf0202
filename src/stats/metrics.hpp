// Timeline -> metrics. The one table of metrics: name, unit, direction, formula. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "types/experiment.hpp"
#include "types/timeline.hpp"
#include "types/trial.hpp"

namespace edgelab::stats {

// Which trials a metric is averaged over.
enum class Source : std::uint8_t {
  timeline,    // of timed trials
  memory,      // of memory trials, each in a fresh process
  comparison,  // of timed trials beside the baseline's trial of the same block: see estimate.hpp
};

struct MetricDef {
  std::string_view name;
  std::string_view unit;
  std::string_view better;     // lower | higher
  Source source = Source::timeline;
  std::string_view formula;    // for docs/METRICS.md and the reports
};

[[nodiscard]] std::span<MetricDef const> metric_table();
[[nodiscard]] MetricDef const* find_metric(std::string_view name);

// Columns of equal length, at least one request, times that are not negative and lie inside their request,
// emissions that add up to the rows, and every request finished by `stop` or `length`: else what is wrong.
// A request that ended otherwise is no measurement, and one such request makes the whole trial a failure.
[[nodiscard]] Result<void> check_timeline(Timeline const& timeline);

// Every metric that the timeline and the memory figures have, in the order of the table. One that cannot be
// computed (the time between tokens of a single token, say) is left out: never 0, infinite or NaN.
// REQUIRES a timeline that check_timeline accepts. Latencies are means over the requests of the trial,
// percentiles are over all their gaps, rates are totals over totals.
// Goodput only with what counts as good.
[[nodiscard]] std::vector<Metric> metrics_of(Timeline const& timeline, MemoryUse const& memory,
                                             std::optional<Slo> const& slo = {});

// The memory metrics alone: all that a trial without a timeline can have.
[[nodiscard]] std::vector<Metric> memory_metrics(MemoryUse const& memory);

// The value of a metric in a list, where it is in it.
[[nodiscard]] std::optional<double> value_of(std::span<Metric const> metrics, std::string_view name);

// docs/METRICS.md, the part that is a table.
[[nodiscard]] std::string render_metric_table();

}  // namespace edgelab::stats
