// What the lab found out about itself on one machine: audit.json, and a part of every Summary made after it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "types/findings.hpp"
#include "types/flags.hpp"

namespace edgelab {

// ---- the machine --------------------------------------------------------------------------------

// What must be the same for an audit to say something about a run.
struct AuditedMachine {
  std::string cpu;
  std::int32_t physical_cores = 0;
  std::int32_t usable_cores = 0;                 // that affinity and quota leave to us
  std::int64_t memory_bytes = 0;
  std::string edgelab;                           // version and commit
  std::string build_type;                        // of edgelab
};

struct ProcessLoad {
  std::string name;
  std::int64_t pid = 0;
  double cores = 0.0;                            // 0.8: it took 80 % of one core
};

// What else the machine did, and how fast it ran, over `sampled_s` seconds in which we did nothing.
struct MachineState {
  double sampled_s = 0.0;
  std::vector<double> load_average;              // over 1, 5 and 15 minutes
  std::int32_t logical_cores = 0;
  std::optional<double> busy_cores{};            // taken by anything but us
  std::optional<double> stolen_cores{};          // that a hypervisor gave to others
  std::vector<ProcessLoad> others;               // the busiest, from a twentieth of a core on
  std::optional<std::string> governor{};
  std::optional<double> mhz_slowest{};           // of the cores, now
  std::optional<double> mhz_fastest{};
  std::optional<double> mhz_min{};               // that the processor can be set to
  std::optional<double> mhz_max{};
  std::optional<std::int64_t> throttle_events{}; // while the audit ran, of all cores
  std::optional<double> temperature_c{};         // of the hottest sensor
};

// ---- the harness --------------------------------------------------------------------------------

struct TimerResolution {
  double step_ns = 0.0;                          // the smallest difference of two readings that was seen
  double call_ns = 0.0;                          // of one reading
};

// CPU time of the coordinator, with an executor whose answers cost nothing.
struct HarnessCost {
  double us_per_token = 0.0;
  double us_per_trial = 0.0;
  std::int32_t repetitions = 0;                  // of which these are the medians
};

// ---- the noise floor ----------------------------------------------------------------------------

// How long it takes to see an effect: one round beside its baseline, found four times in five.
struct Effort {
  double effect = 0.0;                           // 0.02: 2 %
  std::int32_t blocks = 0;
  double seconds = 0.0;
};

struct NoiseOfMetric {
  std::string name;
  double ratio = 1.0;                            // the same round against itself
  std::optional<Bounds> ci95{};
  std::int32_t n = 0;                            // blocks
  double sd_log = 0.0;                           // of the log ratio, from block to block
  std::optional<double> detectable{};            // 1.02: in so many blocks, 2 % is found four times in five
  std::vector<Effort> efforts;                   // an effect that no run of reasonable length sees is left out
};

// An A/A run: the same round under two names, in randomised blocks.
struct NoiseFloor {
  std::int32_t blocks = 0;
  double seconds_per_block = 0.0;                // of two trials
  double t_level = 0.95;                         // that `efforts` are computed at
  std::vector<NoiseOfMetric> metrics;
  std::int32_t comparisons = 0;                  // of all metrics that have an interval
  std::int32_t false_differences = 0;            // of these, how many intervals leave out 1
  std::int32_t false_after_adjustment = 0;       // and still do, held against one another
};

// ---- times held against what was heard ----------------------------------------------------------

struct LiveCheck {
  std::string verdict = "not checked";           // honest | early | drifting | made up | not checked
  std::string reason;                            // in words, with the numbers
  std::int32_t emissions = 0;                    // heard live and found in the timeline
  std::optional<double> pipe_ms{};               // round trip of an empty message
  std::optional<double> early_ms{};              // how much earlier than heard they were reported, in the middle
  std::optional<double> drift_ms{};              // by how much that grew over the trial
  std::optional<double> tolerance_ms{};          // from where on either is a defect
};

struct AuditedExecutor {
  std::string id;
  std::string name;
  std::string version;
  std::string library;
  std::string model;                             // path; empty for executors without one
  Flags flags;                                   // of the round that was run twice
  std::string problem;                           // why there is no noise floor; empty where there is one
  std::optional<NoiseFloor> noise{};
  LiveCheck live;
};

struct Audit {
  std::string schema = "edge-llm-lab/audit/1";
  std::string made;                              // UTC
  AuditedMachine machine;
  MachineState state;
  TimerResolution timer;
  HarnessCost harness;
  std::vector<AuditedExecutor> executors;
};

// An audit beside a run.
struct AuditSummary {
  Audit audit;
  std::vector<std::string> differences;          // of machine and library from the run's; none: it applies
};

}  // namespace edgelab
