// A row as text, for an app that may be killed between two trials.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "types/plan.hpp"
#include "types/protocol.hpp"
#include "types/trial.hpp"

namespace edgelab::capi {

// With its timeline, and with what it belongs to: the cell by name, the experiment's seed, what ran it.
[[nodiscard]] std::string kept_row(Plan const& plan, protocol::HelloReply const& executor, TrialResult const& row);

// Fails for what is no row, was damaged, or belongs to another experiment or to executors that were others.
[[nodiscard]] Result<TrialResult> row_from(Plan const& plan, std::vector<protocol::HelloReply> const& hellos,
                                           std::string_view text);

}  // namespace edgelab::capi
