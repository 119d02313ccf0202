// Where the lanes of a run meet: what has run, what is next, and who watches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "course/schedule.hpp"
#include "plan/lanes.hpp"
#include "runner/journal.hpp"
#include "runner/observer.hpp"
#include "runner/runner.hpp"
#include "store/store.hpp"

namespace edgelab::runner {

// Thread-safe: store, journal and observer are used by one lane at a time. Nothing waits, samples or speaks with a device
// meanwhile, so a lane is held up for as long as others save, and no longer. What it is made from outlives it.
class Desk {
 public:
  Desk(RunConfig const& config, std::vector<plan::Lane> const& lanes, store::Store& store, Journal journal, Observer& observer);

  // Before any lane begins. Cells that cannot run are one row each, known before anything runs.
  [[nodiscard]] Result<void> open();

  // As course::Schedule's, of that lane.
  [[nodiscard]] std::optional<PlannedTrial> next(std::size_t lane);
  [[nodiscard]] course::Schedule::Over over(std::size_t lane) const { return schedules_[lane].over(); }

  // The next trial of a cell that is repeated for a time, of which earlier ones took so long; nullopt: there is none.
  [[nodiscard]] std::optional<PlannedTrial> next_sustained(std::size_t lane, std::size_t cell);

  void begins(PlannedTrial const& planned);
  // Durable when it returns.
  [[nodiscard]] Result<void> save(std::size_t lane, TrialResult result);
  [[nodiscard]] Result<void> save(CoolDownWait const& wait);

  [[nodiscard]] bool out_of_time() const;

  // Hands on what it is told, from one lane at a time.
  [[nodiscard]] Observer& observer() { return one_at_a_time_; }

  // Not while a lane goes on.
  [[nodiscard]] Journal const& journal() const { return journal_; }

 private:
  class OneAtATime final : public Observer {
   public:
    OneAtATime(std::mutex& mutex, Observer& observer) : mutex_(mutex), observer_(observer) {}
    void begins(Plan const& plan, std::span<TrialResult const> before, Position const& position) override;
    void trial_begins(PlannedTrial const& trial, Position const& position) override;
    void trial_progress(PlannedTrial const& trial, protocol::Progress const& progress) override;
    void trial_ended(TrialResult const& result, Position const& position) override;
    void waits(PlannedTrial const& trial, std::string_view text) override;
    void cools(Cooling const& cooling) override;
    void cooled(CoolDownWait const& wait) override;
    void notice(std::string_view text) override;
    void afterwards(Afterwards const& position) override;
    void ends(std::string_view stopped_because) override;

   private:
    std::mutex& mutex_;
    Observer& observer_;
  };

  [[nodiscard]] Position position() const;

  RunConfig const& config_;
  store::Store& store_;
  Journal journal_;
  Observer& observer_;
  Clock::time_point begin_;
  std::mutex mutex_;
  OneAtATime one_at_a_time_;
  std::vector<course::Schedule> schedules_;     // one a lane; over() is asked by that lane alone
  std::vector<std::int32_t> left_;              // trials of each lane at most, the one that runs included
  std::int32_t done_ = 0;
};

}  // namespace edgelab::runner
