// What a pass costs by its number of rows, measured when a context has been made: what adaptive drafting starts from.
#pragma once

#include <cstddef>

#include "llama/context.hpp"
#include "llama/model.hpp"
#include "llama/refusal.hpp"
#include "llama/step_cost.hpp"

namespace edgelab::llama {

// The shortest of three to eight passes each of 1 to 8, 10, 12, 15, ... up to `most` rows, spread over the context's
// sequences, all with logits, which is what steps of generating slots look like; in turns, until 1.5 s have gone by.
// Leaves the memory empty. REQUIRES: `most` is at most the context's n_outputs_max and n_batch.
[[nodiscard]] Outcome<StepCost> measure_step_cost(Model const& model, Context& context, std::size_t most);

}  // namespace edgelab::llama
