// Which trials a run has behind it, and what need not run again. Timelines are not kept.
#pragma once

#include <cstdint>
#include <set>
#include <tuple>
#include <vector>

#include "plan/lanes.hpp"
#include "types/plan.hpp"
#include "types/trial.hpp"

namespace edgelab::course {

// A cell whose last so many trials all failed is not run again.
inline constexpr std::int32_t give_up_after = 3;

class Record {
 public:
  explicit Record(Plan const& plan) : cells_(plan.cells.size()) {}

  // REQUIRES a cell of the plan. Its timeline is dropped.
  void add(TrialResult trial);

  // False for what has run, and for trials of cells that cannot run or were given up.
  [[nodiscard]] bool wants(PlannedTrial const& planned) const;
  // Any trial of that block, of a cell that `of` holds true for.
  [[nodiscard]] bool has(TrialKind kind, std::int32_t block, plan::Cells const& of) const;
  [[nodiscard]] bool is_unsupported(std::size_t cell) const { return cells_[cell].unsupported; }
  [[nodiscard]] bool is_given_up(std::size_t cell) const;
  [[nodiscard]] std::vector<TrialResult> const& trials() const { return trials_; }
  [[nodiscard]] std::int32_t trials_run() const;                         // without the rows of what cannot run
  [[nodiscard]] bool has_run(std::size_t cell) const { return cells_[cell].run; }  // likewise

 private:
  struct CellState {
    bool unsupported = false;
    bool run = false;
    std::int32_t failures_in_a_row = 0;
  };

  std::vector<TrialResult> trials_;
  std::set<std::tuple<TrialKind, std::int32_t, std::size_t>> run_;       // kind, block, cell
  std::vector<CellState> cells_;
};

}  // namespace edgelab::course
