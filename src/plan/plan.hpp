// From an experiment to cells, and from a seed to an order. Pure: nothing is run, read or timed here.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "types/plan.hpp"

namespace edgelab::plan {

// What plan needs to know of flags (filled from src/spec, which is its sibling).
struct FlagRules {
  std::function<Flags(Flags const&)> resolve;                               // defaults filled in
  // Why these resolved flags cannot run on this model, or nullopt.
  std::function<std::optional<std::string>(Flags const&, Model const&)> refusal;
};

// Cells in the order of the file: model, executor, workload, round. Fails when there is none, or no baseline.
[[nodiscard]] Result<Plan> make_plan(Experiment experiment, FlagRules const& rules);

// The trials of one block, a seeded random order of all cells that are not refused. A function of
// (plan, kind, block) alone: every resume gets the same.
[[nodiscard]] std::vector<PlannedTrial> block_trials(Plan const& plan, TrialKind kind, std::int32_t block);

// The trial of that number in the stretch in which one cell is repeated.
[[nodiscard]] PlannedTrial sustained_trial(Plan const& plan, std::size_t cell, std::int32_t number);

// The cells that the protocol has repeated so: one for each model and executor. None without a `sustained`.
[[nodiscard]] std::vector<std::size_t> sustained_cells(Plan const& plan);

// The requests of a trial: `per_trial` of the workload's conversations (a request by itself is one), drawn with the trial's
// seed, so that all cells of a block get the same ones; the first of each with its arrival time where the workload fixes
// it. The turns of a conversation stand together, in order.
struct DrawnRequest {
  std::size_t request = 0;                      // index into Workload::requests
  std::optional<std::int64_t> arrival_us;
};
[[nodiscard]] std::vector<DrawnRequest> draw_requests(Workload const& workload, std::uint64_t seed);

// Seconds that a run will take at least and at most: trials of `trial_min_s`, or of the measured seconds a
// trial of a cell took where known (indexed by cell, 0 where not). Of several machines, the one that takes longest.
struct TimeEstimate {
  double at_least_s = 0.0;
  double at_most_s = 0.0;
};
[[nodiscard]] TimeEstimate estimate_time(Plan const& plan, std::vector<double> const& measured_s);

// What `edgelab plan FILE` prints: the cells as a table, the order of the first block, and the estimate.
// `unsupported`: of each cell why its executor cannot run it, as far as executors were asked. A run draws its order before it
// asks and leaves such cells out, so they are no matter of `plan`, where they would change what is drawn.
[[nodiscard]] std::string render(Plan const& plan, std::span<std::optional<std::string> const> unsupported = {});

}  // namespace edgelab::plan
