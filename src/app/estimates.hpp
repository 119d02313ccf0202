// The running estimate of one metric, and the time left: what both views show.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "runner/observer.hpp"
#include "stats/estimate.hpp"
#include "types/plan.hpp"
#include "types/trial.hpp"

namespace edgelab::app {

class Estimates {
 public:
  // The metric that the protocol stops by, else decode_tps.
  explicit Estimates(Plan const& plan);

  void trial_begins(PlannedTrial const& trial, Clock::time_point now) { cells_[trial.cell].begin = now; }
  void trial_ended(TrialResult const& result, Clock::time_point now);
  void take(TrialResult const& result);          // one of an earlier session: of no interest to the pace

  [[nodiscard]] std::string const& metric() const { return metric_; }
  [[nodiscard]] std::optional<double> latest(std::size_t cell) const;        // of its last good timed trial
  [[nodiscard]] std::optional<stats::Interval> ratio(std::size_t cell) const; // to its baseline; none for a baseline
  [[nodiscard]] std::int32_t good(std::size_t cell) const {
    return static_cast<std::int32_t>(cells_[cell].by_block.size());
  }
  [[nodiscard]] std::int32_t bad(std::size_t cell) const { return cells_[cell].bad; }
  [[nodiscard]] bool unsupported(std::size_t cell) const { return cells_[cell].unsupported; }

  // Seconds for the trials that are left, at the mean pace of this session's trials (of its memory trials, which are
  // of another length, only while there are no others); none before a trial has ended. Of several lanes, each at its own
  // pace: the longest, and none before each has ended a trial.
  [[nodiscard]] std::optional<double> time_left_s(runner::Position const& position) const;

 private:
  struct CellState {
    std::map<std::int32_t, double> by_block;   // timed and ok
    std::int32_t bad = 0;
    bool unsupported = false;
    std::size_t lane = 0;
    Clock::time_point begin{};                 // of its trial that runs
  };

  Plan const* plan_;
  std::string metric_;
  std::vector<CellState> cells_;
  struct Pace {
    double spent_s = 0.0;
    std::int32_t ended = 0;
  };
  struct LanePace {
    Pace memory;
    Pace others;
    [[nodiscard]] std::optional<double> time_for(std::int32_t trials) const;
  };
  std::vector<LanePace> lanes_;
};

}  // namespace edgelab::app
