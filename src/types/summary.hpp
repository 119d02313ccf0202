// The result of an experiment as tables: what every report is rendered from.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "types/flags.hpp"

namespace edgelab {

struct MetricSummary {
  std::string name;
  std::string unit;
  std::string better;                            // lower | higher
  double mean = 0.0;
  double median = 0.0;
  std::optional<std::array<double, 2>> ci95;     // of the mean, over blocks; absent below 2 blocks
  std::int32_t n = 0;                            // trials
};

// cell / other, paired within blocks, mean of log ratios. Above 1 is "more", whichever is better.
struct RatioSummary {
  std::string name;
  double ratio = 1.0;
  std::optional<std::array<double, 2>> ci95;
  std::int32_t n = 0;                            // blocks in which both ran
};

struct VersusSummary {
  std::string round;                             // compared with
  std::vector<RatioSummary> ratios;
};

struct TrialCounts {
  std::int32_t ok = 0;
  std::int32_t failed = 0;                       // failed, timeout or oom
  std::int32_t warmup = 0;
};

struct FlagsSummary {
  Flags asked;
  Flags in_force;
};

struct CellSummary {
  std::string id;
  std::string model;
  std::string executor;
  std::string workload;
  std::string round;
  std::string category;
  std::string status;                            // ok | failed | timeout | oom | unsupported
  std::string reason;
  TrialCounts trials;
  FlagsSummary flags;
  std::vector<MetricSummary> metrics;
  std::vector<RatioSummary> vs_baseline;         // empty for the baseline itself
  std::vector<VersusSummary> versus;
};

struct Summary {
  std::string schema = "edge-llm-lab/summary/1";
  std::string experiment;
  std::string started;
  std::string ended;
  std::string stopped_because;                   // "interval reached", "30 blocks", "time budget", "interrupted"
  std::uint64_t seed = 0;
  std::int32_t blocks = 0;
  std::string baseline;                          // name of the baseline round
  std::vector<CellSummary> cells;
};

}  // namespace edgelab
