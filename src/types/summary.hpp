// The result of an experiment as tables: what every report is rendered from.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "types/audit.hpp"
#include "types/findings.hpp"
#include "types/flags.hpp"
#include "types/transfer.hpp"

namespace edgelab {

// A trend over blocks: how much larger the value is in the last block than in the first, by the trend's slope.
struct DriftSummary {
  double change = 1.0;
  double p = 1.0;                                // of a change as large without any trend
};

struct OutlierSummary {
  std::int32_t block = 0;
  double value = 0.0;
};

struct MetricSummary {
  std::string name;
  std::string unit;
  std::string better;                            // lower | higher
  double mean = 0.0;
  double median = 0.0;
  std::optional<Bounds> ci95{};                  // of the mean, over blocks; absent below 2 blocks
  std::int32_t n = 0;                            // trials
  std::optional<Bounds> median_ci95{};           // from order statistics; absent below 6 blocks
  std::optional<DriftSummary> drift{};           // absent where there are too few blocks to test
  std::vector<OutlierSummary> outliers{};        // far from the median; they are in every figure all the same
};

// cell / other, paired within blocks, mean of log ratios. Above 1 is "more", whichever is better.
struct RatioSummary {
  std::string name;
  double ratio = 1.0;
  std::optional<Bounds> ci95{};                  // Student's t
  std::int32_t n = 0;                            // blocks in which both ran
  std::optional<Bounds> ci95_bootstrap{};        // over blocks
  std::optional<double> p{};                     // of a ratio as far from 1 without any difference
  std::optional<double> p_adjusted{};            // the same among all comparisons that a report concludes from
  std::optional<double> detectable{};            // 1.04: a difference of 4 % would be found four times in five
  std::optional<DriftSummary> drift{};           // of the ratio: what blocks do not cancel
};

struct VersusSummary {
  std::string round;                             // compared with
  std::vector<RatioSummary> ratios;
  std::optional<std::string> executor{};         // whose round it is, where it is another executor's
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

// How the report guards against what seems to be there when many things are compared.
struct FalseDiscoveries {
  std::string method = "Benjamini-Hochberg";
  double rate = 0.05;  // of what is called a difference, at most so much is none, on average
  std::int32_t comparisons = 0;  // over so many
};

// How often and how long the run waited for the processor to cool.
struct CoolDownSummary {
  double target_c = 0.0;                         // of the last wait, degrees Celsius
  std::int32_t waits = 0;                        // blocks or trials that were not cool enough at once
  double waited_s = 0.0;                         // all together
  double longest_s = 0.0;
  std::int32_t not_reached = 0;                  // of the waits, those that the limit ended
};

// Heat, over the timed blocks.
struct ThermalSummary {
  std::int32_t blocks_watched = 0;               // in which throttling would have been seen
  std::vector<std::int32_t> throttled_blocks{};  // counted from 0: a trial in it ran while a core was slowed down
  std::optional<double> hottest_c{};
  std::optional<CoolDownSummary> cool_down{};
};

// One trial of a cell that was repeated for a time.
struct SustainedPoint {
  double at_s = 0.0;                             // when it began, in seconds of the trials before it
  double value = 0.0;
  std::optional<double> temp_c{};
  std::optional<double> cpu_mhz{};
  std::optional<double> power_w{};
  std::optional<bool> throttled{};
};

// The trials of a stretch of time: means of what they have.
struct SustainedWindow {
  double from_s = 0.0;
  double to_s = 0.0;
  std::int32_t trials = 0;
  double value = 0.0;
  std::optional<double> temp_c{};
  std::optional<double> cpu_mhz{};
  std::optional<double> power_w{};
  std::optional<double> throttled{};             // share of the trials
};

struct SustainedSummary {
  std::string cell;
  std::string metric;                            // decode_tps, or system_tps where there is none
  std::string unit;
  double seconds = 0.0;                          // of all its trials
  std::vector<SustainedWindow> windows{};        // of equal length
  std::optional<double> ratio{};                 // geometric mean of the last window / the first; absent with one window
  std::optional<Bounds> ci95{};                  // Welch's t over the logarithms
  std::vector<SustainedPoint> points{};
};

struct Summary {
  std::string schema = "edge-llm-lab/summary/1";
  std::string experiment;
  std::string started;
  std::string ended;
  std::string stopped_because;  // "interval reached", "30 blocks", "time budget", "interrupted"
  std::uint64_t seed = 0;
  std::int32_t blocks = 0;
  std::string baseline;  // name of the baseline round
  double t_level = 0.95;  // of the t intervals: above 0.95 where a run may stop by interval
  FalseDiscoveries false_discoveries;
  std::vector<CellSummary> cells;
  std::vector<EffectsSummary> effects;
  std::vector<ParetoSummary> pareto;
  std::vector<QualitySummary> quality;
  std::vector<EquivalenceSummary> equivalence;
  std::vector<KldSummary> divergence;
  std::vector<JudgeSummary> judge;
  std::vector<UnscoredSummary> unscored;
  std::optional<AcrossExecutors> across_executors{};  // where there are two or more
  ThermalSummary thermal{};
  std::vector<SustainedSummary> sustained{};
  std::optional<AuditSummary> audit{};           // that was current when the run ended
};

}  // namespace edgelab
