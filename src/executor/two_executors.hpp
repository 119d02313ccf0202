// One text under two executors: what each says of every token, side by side, in the memory of two chunks.
#pragma once

#include <chrono>
#include <stop_token>

#include "executor/executor.hpp"

namespace edgelab::executor {

// As `score` with `against` answers, but with the reference in a process of its own: another model, build or library. Both
// messages are of the same text; `stream` is filled in here. They compute in turns, never at once: each has the
// machine for itself. Failed where they do not read the same tokens. Whichever of the two goes wrong, the other is cancelled.
struct Side {
  Executor& executor;
  protocol::Score message;
};
[[nodiscard]] Outcome<protocol::Scored> score_side_by_side(Side reference, Side own, std::chrono::milliseconds timeout,
                                                           std::stop_token const& stop);

}  // namespace edgelab::executor
