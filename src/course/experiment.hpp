// An experiment file made ready to run: what takes siblings together that are blind to each other.
#pragma once

#include "core/result.hpp"
#include "spec/parse.hpp"
#include "types/experiment.hpp"
#include "types/plan.hpp"

namespace edgelab::course {

// With the names of the metrics and scorers that there are, so that others are found to be errors.
[[nodiscard]] spec::Overrides with_known_names(spec::Overrides overrides);

// Requests whose `expected` their workload's scorer cannot use, each at its workload.
[[nodiscard]] spec::Diagnostics check_answers(Experiment const& experiment);

// The plan, with the flags resolved for a machine of so many cores.
[[nodiscard]] Result<Plan> plan_of(Experiment experiment, int physical_cores);

}  // namespace edgelab::course
