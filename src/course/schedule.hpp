// Which trial is next, and when there is none. Decides from the plan and what has run; knows no clock: a time budget is
// whoever runs the trials'.
//
// Order: memory trials first, one a cell; then the warm-up blocks, then timed blocks until the intervals are narrow enough
// or the blocks are used up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "course/record.hpp"
#include "plan/lanes.hpp"
#include "types/plan.hpp"
#include "types/protocol.hpp"

namespace edgelab::course {

// Rows of the cells that cannot run and have none yet, by the plan or by what their executors said (`hellos`, one for each
// executor of the experiment). They are known before anything runs.
[[nodiscard]] std::vector<TrialResult> unsupported_rows(Plan const& plan,
                                                        std::vector<protocol::HelloReply> const& hellos,
                                                        Record const& record);

class Schedule {
 public:
  // `plan` outlives it.
  explicit Schedule(Plan const& plan);
  // Of these cells alone, in the plan's order. Its blocks may end early when the comparisons of the cells `decisive` are precise.
  Schedule(Plan const& plan, plan::Cells cells, plan::Cells decisive);

  // The next trial that `record` wants; what an earlier session ran is passed over. Nullopt: the run is over.
  // Whoever takes a trial adds its row to the record, or returns it.
  [[nodiscard]] std::optional<PlannedTrial> next(Record const& record);

  // The trial that was taken last has no row: it is the next again.
  void give_back() { --next_; }

  enum class Over : std::uint8_t { not_yet, no_cell, interval, blocks };
  [[nodiscard]] Over over() const { return over_; }
  [[nodiscard]] std::string ended() const { return text_of(over_, *plan_); }
  // "interval reached", "30 blocks", "no cell can run"; empty: it is not over.
  [[nodiscard]] static std::string text_of(Over over, Plan const& plan);

  // How many trials are left at most: an interval may be reached earlier.
  [[nodiscard]] std::int32_t left(Record const& record) const;

 private:
  [[nodiscard]] bool any_has_run(Record const& record) const;
  [[nodiscard]] bool is_behind(std::size_t cell, std::int32_t block, Record const& record) const;
  [[nodiscard]] bool precise_enough_after(PlannedTrial const& last, Record const& record) const;

  Plan const* plan_;
  plan::Cells cells_;
  plan::Cells decisive_;
  std::vector<PlannedTrial> trials_;
  std::size_t next_ = 0;
  Over over_ = Over::not_yet;
};

}  // namespace edgelab::course
