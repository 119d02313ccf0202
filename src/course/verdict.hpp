// What an executor's answer to a trial is worth: the row that is kept of it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "types/plan.hpp"
#include "types/protocol.hpp"
#include "types/timeline.hpp"
#include "types/trial.hpp"

namespace edgelab::course {

// What came of a trial that was run.
struct TrialAnswer {
  protocol::Done done;
  Timeline timeline;                               // its columns fit together (wire::check)
  std::optional<std::int64_t> rss_peak_bytes;      // of the process, where somebody looked
  std::optional<std::int64_t> loaded_model_bytes;  // as the executor told when it loaded the model
};

// The row of an answer that came: checked against nonsense, against requests that failed, against an early end and
// against the ledger. Whoever ran it adds when it began and how long it took. Of an emulated executor no metric of time is computed.
[[nodiscard]] TrialResult judge(Plan const& plan, PlannedTrial const& planned, TrialAnswer answer);

// The row of a trial that has no such answer.
[[nodiscard]] TrialResult troubled(PlannedTrial const& planned, Status status, std::string reason);

}  // namespace edgelab::course
