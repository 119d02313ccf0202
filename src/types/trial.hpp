// What became of a trial.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "types/flags.hpp"
#include "types/plan.hpp"
#include "types/timeline.hpp"

namespace edgelab {

enum class Status : std::uint8_t { ok, failed, timeout, oom, unsupported, interrupted };

// Memory as the executor allocates it and the system sees it. Absent is absent, never 0.
struct MemoryUse {
  std::optional<std::int64_t> model_bytes;
  std::optional<std::int64_t> kv_cache_bytes;
  std::optional<std::int64_t> compute_bytes;
  std::optional<std::int64_t> draft_model_bytes;      // the draft model's, apart; kept as metrics only
  std::optional<std::int64_t> draft_kv_cache_bytes;
  std::optional<std::int64_t> draft_compute_bytes;
  std::optional<std::int64_t> rss_peak_bytes;   // read by the coordinator from the system
};

// "lower" or "higher" is better; nullopt value is not a metric: leave the row out.
struct Metric {
  std::string name;
  double value = 0.0;
};

struct TrialResult {
  PlannedTrial planned;
  Status status = Status::ok;
  std::string reason;              // empty when ok
  std::string started;             // UTC, ISO 8601 with milliseconds
  double wall_ms = 0.0;            // request to answer, as the coordinator saw it
  Flags in_force;                  // what the executor says is in force; "unknown" where it cannot tell
  MemoryUse memory;
  Timeline timeline;               // empty unless ok
  std::vector<Metric> metrics;     // empty unless ok
};

// A wait for the processor to cool, before a block or a trial of the timed ones.
struct CoolDownWait {
  std::int32_t block = 0;
  std::int32_t position = 0;       // of the trial in the block; 0 for a wait before the block
  std::string started;             // UTC, ISO 8601 with milliseconds
  double waited_s = 0.0;
  double from_c = 0.0;             // degrees Celsius when it began
  double to_c = 0.0;               // and when it ended
  double target_c = 0.0;           // that it waited for
  bool reached = false;            // false: the limit was over first
};

// Something that was asked once of a cell, beside its trials and in no timing: the likelihood of choices, say.
struct PassResult {
  std::string kind;                // choices | judge
  std::size_t cell = 0;
  Status status = Status::ok;
  std::string reason;              // empty when ok
  std::string started;             // UTC, ISO 8601 with milliseconds
  double wall_ms = 0.0;
  std::string result;              // JSON, as the kind has it; empty unless ok
};

}  // namespace edgelab
