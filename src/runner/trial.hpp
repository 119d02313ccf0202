// One trial, on an executor process.
#pragma once

#include <stop_token>

#include "runner/observer.hpp"
#include "runner/pool.hpp"
#include "types/plan.hpp"
#include "types/trial.hpp"

namespace edgelab::runner {

// Runs it, on a process of the pool or, for a memory trial, on one of its own. Whatever goes wrong is in the result:
// Status::interrupted means that the user stopped it.
[[nodiscard]] TrialResult run_trial(Plan const& plan, PlannedTrial const& planned, Pool& pool, Observer& observer,
                                    std::stop_token const& stop);

}  // namespace edgelab::runner
