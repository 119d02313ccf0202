// Why a cell cannot run, known before anything does.
#pragma once

#include <optional>
#include <string>

#include "types/plan.hpp"
#include "types/protocol.hpp"

namespace edgelab::course {

// The planner's reason, or what the executor that said this hello cannot do: flags that the cell's round sets, turns of a
// conversation that wait for one another. nullopt: it can run.
[[nodiscard]] std::optional<std::string> refusal_of(Plan const& plan, Cell const& cell, protocol::HelloReply const& hello);

}  // namespace edgelab::course
