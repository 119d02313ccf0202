// Which cells read texts for the check kld, and beside which reference. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "types/plan.hpp"

namespace edgelab::course {

// The cell beside which a cell reads: of the reference round, with the same workload, and with quality.reference_model and
// quality.reference_executor where they are named, else the cell's own model and executor. Nullopt where there is none.
[[nodiscard]] std::optional<std::size_t> reading_reference_of(Plan const& plan, std::size_t cell);

// Of each cell the one whose texts stand for it: itself; or the cell of the reference round with its model and executor, where
// the two differ in nothing that can change what a given text looks like to the model (drafting, slots, caches of prompts).
[[nodiscard]] std::vector<std::size_t> read_as(Plan const& plan);

// Cells that texts are read for: those whose texts stand for themselves, but for the references. Texts of the experiment's
// own are read for one workload, since they are the same for all.
[[nodiscard]] std::vector<std::size_t> cells_to_read(Plan const& plan);

}  // namespace edgelab::course
