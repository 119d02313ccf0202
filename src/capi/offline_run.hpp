// A run without a coordinator, a message at a time: what to send next, and what became of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "course/needs.hpp"
#include "course/record.hpp"
#include "course/schedule.hpp"
#include "course/verdict.hpp"
#include "quality/answers.hpp"
#include "types/plan.hpp"
#include "types/protocol.hpp"
#include "types/summary.hpp"
#include "wire/wire.hpp"

namespace edgelab::capi {

// Not thread-safe. Errors are the caller's: what was asked out of its order, or does not belong; they change nothing.
class OfflineRun {
 public:
  explicit OfflineRun(Plan plan);
  OfflineRun(OfflineRun const&) = delete;              // parts of it point at the plan
  OfflineRun& operator=(OfflineRun const&) = delete;

  [[nodiscard]] Result<void> greet(std::string_view executor, std::string_view hello);
  [[nodiscard]] std::string plan_text() const;

  // The row of the trial that ended last, as text to keep; nullopt: none has in this session. And back, before the first trial.
  [[nodiscard]] std::optional<std::string> last_row() const;
  [[nodiscard]] Result<void> restore(std::string_view row);

  // The next trial as JSON; nullopt: the run is over.
  [[nodiscard]] Result<std::optional<std::string>> next();
  // What to send; nullopt: the trial is over.
  [[nodiscard]] Result<std::optional<std::string>> message();

  enum class Heard : std::uint8_t { more_to_come, answered };
  [[nodiscard]] Result<Heard> answer(std::string_view line);
  [[nodiscard]] Result<void> note_peak_memory(std::int64_t bytes);
  [[nodiscard]] Result<void> fail_trial(Status status, std::string reason);

  [[nodiscard]] std::string summary() const;  // JSON
  [[nodiscard]] std::string table() const;    // JSON

 private:
  enum class Step : std::uint8_t { load, run };

  struct Trial {
    PlannedTrial planned;
    Step step = Step::load;
    bool sent = false;  // waits for an answer
    std::size_t requests = 0;
    Timeline timeline;
    std::optional<std::int64_t> rss_peak_bytes;
    std::string started;
    Clock::time_point sent_at{};
  };

  // What an executor holds.
  struct Held {
    course::LoadNeeds needs;
    std::optional<std::int64_t> model_bytes;
  };

  [[nodiscard]] Result<void> know_executors();
  [[nodiscard]] Result<void> begin();
  [[nodiscard]] bool out_of_time() const;
  [[nodiscard]] Cell const& cell_of(Trial const& trial) const { return plan_.cells[trial.planned.cell]; }
  [[nodiscard]] std::optional<Held>& held_by(Trial const& trial) { return held_[cell_of(trial).executor]; }
  [[nodiscard]] Summary summarised() const;
  [[nodiscard]] course::LoadNeeds needs_of(Trial const& trial) const;
  [[nodiscard]] std::string about(Trial const& trial) const;
  void take(TrialResult result);  // ends the trial under way

  [[nodiscard]] Result<Heard> on(protocol::Loaded const& loaded);
  [[nodiscard]] Result<Heard> on(protocol::TimelinePart& part);
  [[nodiscard]] Result<Heard> on(protocol::Done& done);
  [[nodiscard]] Result<Heard> on(protocol::Failure const& failure);

  Plan plan_;
  std::vector<std::optional<protocol::HelloReply>> greeted_;  // by executor, as are the following
  std::vector<protocol::HelloReply> hellos_;  // all of them, once all have been greeted
  std::vector<std::optional<Held>> held_;
  course::Record record_;
  course::Schedule schedule_;
  quality::AnswerBook answers_;
  std::optional<Trial> trial_;
  std::optional<TrialResult> last_;  // with its timeline
  std::int64_t last_id_ = 0;
  std::string started_;  // the first trial of all sessions
  std::string ended_;
  std::string stopped_because_;
  std::optional<Clock::time_point> begun_;
  double spent_ms_ = 0.0;  // by trials of earlier sessions
};

}  // namespace edgelab::capi
