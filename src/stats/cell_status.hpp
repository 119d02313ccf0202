// What became of a cell, from what became of its trials.
#pragma once

#include <string>

#include "stats/blocks.hpp"

namespace edgelab::stats {

struct CellStatus {
  std::string status;   // ok | failed | timeout | oom | unsupported
  std::string reason;   // why it is not ok; or, of an ok one, which of its trials failed
};

[[nodiscard]] CellStatus status_of(Cell const& cell, CellTrials const& trials);

// failed, timeout or oom
[[nodiscard]] bool is_failure(Status status);

}  // namespace edgelab::stats
