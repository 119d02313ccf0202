// The output files of a run, all from its store: summary.json, summary.csv, report.md, trials.jsonl,
// environment.json and the experiment file as it was; sustained.csv where a cell was repeated for a time.
#pragma once

#include <filesystem>

#include "core/result.hpp"
#include "store/store.hpp"
#include "types/plan.hpp"
#include "types/summary.hpp"

namespace edgelab::runner {

[[nodiscard]] Result<Summary> summary_of(Plan const& plan, store::Store const& store);

// Writes them into `directory`, each whole or not at all, and returns what they are made of.
[[nodiscard]] Result<Summary> write_outputs(store::Store const& store, std::filesystem::path const& directory);

// Whether a trial of the run failed, timed out or ran out of memory, warm-up and memory trials included; or a check did.
[[nodiscard]] Result<bool> any_trial_failed(store::Store const& store);

}  // namespace edgelab::runner
