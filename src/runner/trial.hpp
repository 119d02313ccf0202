// One trial: from a planned trial to the executor's request, and from its answer to a row.
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

// A request as an executor is told of it, without a time of arrival.
[[nodiscard]] protocol::TrialRequest request_message(Request const& request);

// A memory trial is one pass over the requests: its length says nothing about its peak. The others repeat theirs
// until they are long enough.
[[nodiscard]] protocol::Run run_message(Plan const& plan, PlannedTrial const& planned);

// The row of an answer that came: checked against nonsense, against requests that failed, against an early end and
// against the ledger.
[[nodiscard]] TrialResult judge(Plan const& plan, PlannedTrial const& planned, executor::Ran ran,
                                std::optional<std::int64_t> loaded_model_bytes);

// What is read of the machine while it runs, and what figures are made with.
struct Probing {
  probe::Sampler* sampler = nullptr;    // null: nothing is read
  MachineRates rates;
};

// Adds what was seen of the machine to an ok trial: its metrics, and what the processes that the executor started held. The
// timed window is the timeline's, and ends when the first part of that came: an executor sends it as soon as the trial is over.
void add_usage(TrialResult& result, probe::Trace const& trace, Clock::time_point timeline_came,
               MachineRates const& rates);

// Runs it, on a process of the pool or, for a memory trial, on one of its own. Whatever goes wrong is in the result:
// Status::interrupted means that the user stopped it.
[[nodiscard]] TrialResult run_trial(Plan const& plan, PlannedTrial const& planned, Pool& pool, Probing const& probing,
                                    Observer& observer, std::stop_token const& stop);

}  // namespace edgelab::runner
