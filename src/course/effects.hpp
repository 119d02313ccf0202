// What flags may do to output: of the catalogue's it says so itself, of an executor's own the executor.
#pragma once

#include "quality/answers.hpp"
#include "types/plan.hpp"

namespace edgelab::course {

// `plan` outlives it. Nullopt for a flag that nobody told of: results from before executors were asked.
[[nodiscard]] quality::EffectOf effects_in(Plan const& plan);

}  // namespace edgelab::course
