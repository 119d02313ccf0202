// A summary's cells as tables show them: those that are compared with one another together, by category.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "types/summary.hpp"

namespace edgelab::report {

// The cells of one model, executor and workload. Points into the summary.
struct Group {
  std::string model;
  std::string executor;
  std::string workload;
  std::vector<CellSummary const*> cells;   // the baseline first, then category by category in the order of the file
};

// In the order of the file.
[[nodiscard]] std::vector<Group> groups_of(Summary const& summary);

[[nodiscard]] bool is_baseline(CellSummary const& cell);
[[nodiscard]] MetricSummary const* find(std::vector<MetricSummary> const& metrics, std::string_view name);
[[nodiscard]] RatioSummary const* find(std::vector<RatioSummary> const& ratios, std::string_view name);

// The metrics that a table of this group shows, the most telling first; only those that a cell of it has.
[[nodiscard]] std::vector<std::string> headline_metrics(Group const& group);

// The comparisons that the tables draw a conclusion from: those of headline metrics that have an interval. They are what
// is held against one another. Points into the summary.
[[nodiscard]] std::vector<RatioSummary*> concluded(Summary& summary);

// Tokens of an answer in the mean, where they are another number than the baseline's: by one in a hundred at least, and by
// the interval where there is one.
struct OtherLength {
  double own = 0.0;
  double baseline = 0.0;
};
[[nodiscard]] std::optional<OtherLength> other_length(Group const& group, CellSummary const& cell);

// Whether requests overlapped, so that the system's throughput says more than a single request's speed.
[[nodiscard]] bool is_concurrent(Group const& group);

}  // namespace edgelab::report
