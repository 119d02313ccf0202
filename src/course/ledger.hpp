// The ledger check: is what a round asked for in force?
#pragma once

#include <optional>
#include <string>

#include "types/flags.hpp"
#include "types/plan.hpp"

namespace edgelab::course {

// What a cell's round asks for, and its workload where it asks for slots.
[[nodiscard]] Flags asked_of(Plan const& plan, Cell const& cell);

// "flag cache-type-k: asked q8_0, in force f16", or nullopt. A value that the executor cannot tell ("unknown",
// "opaque" or absent) is no contradiction; nor is what "auto" resolved to, nor a number written another way.
// Flags that the round leaves alone are recorded, not checked.
[[nodiscard]] std::optional<std::string> contradiction(Experiment const& experiment, Flags const& asked,
                                                       Flags const& in_force);

}  // namespace edgelab::course
