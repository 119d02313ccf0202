// The plan as it is kept in the store: a run is resumed, and its reports are made, from this alone.
#pragma once

#include <string>

#include "core/result.hpp"
#include "types/plan.hpp"

namespace edgelab::runner {

[[nodiscard]] std::string plan_to_json(Plan const& plan);
[[nodiscard]] Result<Plan> plan_from_json(std::string const& json);

}  // namespace edgelab::runner
