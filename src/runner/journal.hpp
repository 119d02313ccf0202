// What has been run: kept in the store, told in trials.jsonl, and asked before each trial.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/result.hpp"
#include "store/store.hpp"
#include "types/plan.hpp"
#include "types/trial.hpp"

namespace edgelab::runner {

// Its line of trials.jsonl, the newline included.
[[nodiscard]] std::string trial_line(Plan const& plan, TrialResult const& trial);

class Journal {
 public:
  // Reads what earlier sessions saved, and writes trials.jsonl anew from it.
  [[nodiscard]] static Result<Journal> open(Plan const& plan, store::Store& store,
                                            std::filesystem::path const& directory);

  // Durable when it returns. The timeline is dropped from what is kept in memory.
  [[nodiscard]] Result<void> save(TrialResult trial);

  // False for what is saved, and for trials of cells that cannot run or were given up.
  [[nodiscard]] bool wants(PlannedTrial const& planned) const;
  [[nodiscard]] bool has(TrialKind kind, std::int32_t block) const;      // any trial of that block
  [[nodiscard]] bool is_unsupported(std::size_t cell) const { return cells_[cell].unsupported; }
  [[nodiscard]] bool is_given_up(std::size_t cell) const;
  [[nodiscard]] std::vector<TrialResult> const& trials() const { return trials_; }

 private:
  struct CellState {
    bool unsupported = false;
    std::int32_t failures_in_a_row = 0;
  };

  Journal(Plan const& plan, store::Store& store) : plan_(&plan), store_(&store), cells_(plan.cells.size()) {}
  void take_note(TrialResult trial);

  Plan const* plan_;
  store::Store* store_;
  std::filesystem::path lines_;
  std::vector<TrialResult> trials_;
  std::set<std::tuple<TrialKind, std::int32_t, std::size_t>> saved_;   // kind, block, cell
  std::vector<CellState> cells_;
};

}  // namespace edgelab::runner
