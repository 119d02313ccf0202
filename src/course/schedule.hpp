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

  // The next trial that `record` wants; what an earlier session ran is passed over. Nullopt: the run is over.
  // Whoever takes a trial adds its row to the record, or returns it.
  [[nodiscard]] std::optional<PlannedTrial> next(Record const& record);

  // The trial that was taken last has no row: it is the next again.
  void give_back() { --next_; }

  // Why it is over: "interval reached", "30 blocks", "no cell can run".
  [[nodiscard]] std::string const& ended() const { return ended_; }

  // How many trials are left at most: an interval may be reached earlier.
  [[nodiscard]] std::int32_t left(Record const& record) const;

 private:
  [[nodiscard]] bool precise_enough_after(PlannedTrial const& last, Record const& record) const;

  Plan const* plan_;
  std::vector<PlannedTrial> trials_;
  std::size_t next_ = 0;
  std::string ended_;
};

}  // namespace edgelab::course
