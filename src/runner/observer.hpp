// What a view of a run gets to see. Called between trials (and, where an executor sends progress, while one runs) on the thread of
// whichever lane has something to tell, one at a time: an observer needs no lock, knows of what it is told by the trial's cell
// whose lane it is of (plan/lanes.hpp), and must be quick, for what it does competes with the measured work and holds other lanes up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "types/plan.hpp"
#include "types/protocol.hpp"
#include "types/trial.hpp"

namespace edgelab::runner {

// How far the run is. Totals count what is left of the plan at most: an interval may be reached earlier.
struct Position {
  std::int32_t trials_done = 0;        // of this and earlier sessions
  std::int32_t trials_at_most = 0;
  std::vector<std::int32_t> left{};    // of each lane: together they are what is left of the total
};

// A wait for the processor to cool that goes on.
struct Cooling {
  double temp_c = 0.0;                 // now
  double target_c = 0.0;
  double waited_s = 0.0;
  double limit_s = 0.0;
  std::size_t cell = 0;                // of the trial that waits
};

// How far what is asked when the trials are over is.
struct Afterwards {
  std::string_view what;               // texts | answers | choices | judge
  std::string_view unit;               // of the counts: tokens, answers, requests
  std::size_t cell = 0;                // at hand
  std::int64_t done = 0;               // of all cells, of this and earlier sessions
  std::int64_t at_most = 0;
  std::optional<double> left_s{};      // at most, at this session's pace; absent before anything has been done
};

class Observer {
 public:
  virtual ~Observer() = default;
  // `before`: what earlier sessions ran, and the rows of cells that cannot run.
  virtual void begins(Plan const& plan, std::span<TrialResult const> before, Position const& position) = 0;
  virtual void trial_begins(PlannedTrial const& trial, Position const& position) = 0;
  virtual void trial_progress(PlannedTrial const& trial, protocol::Progress const& progress) = 0;
  virtual void trial_ended(TrialResult const& result, Position const& position) = 0;  // its timeline is already dropped
  // What its device is waited for, or had to say meanwhile. Empty: the wait is over.
  virtual void waits(PlannedTrial const& /*trial*/, std::string_view text) {
    if (!text.empty()) notice(text);
  }
  virtual void cools(Cooling const& /*cooling*/) {}  // when a wait begins, and some times a second while it lasts
  virtual void cooled(CoolDownWait const& /*wait*/) {}
  virtual void notice(std::string_view text) = 0;  // something people should know: a lost process, a cell given up
  // When a cell is begun, and whenever something has been answered.
  virtual void afterwards(Afterwards const& /*position*/) {}
  virtual void ends(std::string_view stopped_because) = 0;
};

}  // namespace edgelab::runner
