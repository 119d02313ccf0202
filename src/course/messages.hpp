// What an executor is asked for a trial. Pure.
#pragma once

#include "course/needs.hpp"
#include "types/plan.hpp"
#include "types/protocol.hpp"

namespace edgelab::course {

// Messages are without an id: whoever sends them numbers them.
[[nodiscard]] protocol::Load load_message(Cell const& cell, LoadNeeds const& needs);

// A request as an executor is told of it, without a time of arrival.
[[nodiscard]] protocol::TrialRequest request_message(Request const& request);

// A memory trial is one pass over the requests: its length says nothing about its peak. The others repeat theirs
// until they are long enough.
[[nodiscard]] protocol::Run run_message(Plan const& plan, PlannedTrial const& planned);

}  // namespace edgelab::course
