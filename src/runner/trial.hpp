// One trial, on an executor process.
#pragma once

#include <stop_token>

#include "core/clock.hpp"
#include "probe/sampler.hpp"
#include "runner/observer.hpp"
#include "runner/pool.hpp"
#include "types/plan.hpp"
#include "types/trial.hpp"
#include "types/usage.hpp"

namespace edgelab::runner {

// What is read of the machine while it runs, and what figures are made with.
struct Probing {
  probe::Sampler* sampler = nullptr;    // null: nothing is read
  MachineRates rates;
};

// Whose peak resident set a row has: the executor's process alone, as the system tells it, or what the executor says that it
// took with all it started.
enum class PeakOf : std::uint8_t { process, all_it_started };

// Adds what was seen of the machine to an ok trial: its metrics, and what the processes that the executor started held. The
// timed window is the timeline's, and ends when the first part of that came: an executor sends it as soon as the trial is over.
void add_usage(TrialResult& result, probe::Trace const& trace, Clock::time_point timeline_came,
               MachineRates const& rates, PeakOf peak_of = PeakOf::process);

// Runs it, on a process of the pool or, for a memory trial, on one of its own. Whatever goes wrong is in the result:
// Status::interrupted means that the user stopped it.
[[nodiscard]] TrialResult run_trial(Plan const& plan, PlannedTrial const& planned, Pool& pool, Probing const& probing,
                                    Observer& observer, std::stop_token const& stop);

}  // namespace edgelab::runner
