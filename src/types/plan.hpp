// A plan: which cells there are and, for each block, in which order they run.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "types/experiment.hpp"

namespace edgelab {

// model x executor x workload x round. Indices point into the Experiment.
struct Cell {
  std::string id;                  // "demo/llama/extract/kv-q8": unique, stable across resumes
  std::size_t model = 0;
  std::size_t executor = 0;
  std::size_t workload = 0;
  std::size_t round = 0;
  Flags resolved;                  // every flag of the catalogue, defaults filled in
  std::size_t baseline = 0;        // the cell it is compared with; its own index where it is one
  std::vector<std::size_t> versus; // further cells it is compared with
  std::optional<std::string> refused;  // reason why the combination cannot run: an `unsupported` row
};

struct Plan {
  Experiment experiment;
  std::vector<Cell> cells;
  std::map<std::string, Effect> own_effects;   // what executors say of their own flags: "null.tokens" -> lossy
};

// What a trial is run for. Only timed trials are averaged; memory figures come from memory trials,
// each in a fresh process; sustained ones follow one another for a time, and are told against it.
enum class TrialKind : std::uint8_t { warmup, memory, timed, sustained };

struct PlannedTrial {
  TrialKind kind = TrialKind::timed;
  std::int32_t block = 0;          // counted from 0 within its kind
  std::int32_t position = 0;       // place in the block's order
  std::size_t cell = 0;
  std::uint64_t seed = 0;          // draws and sampling of this block: the same for all its cells
};

}  // namespace edgelab
