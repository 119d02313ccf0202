// The models that are measured.
#pragma once

#include <filesystem>

#include "core/result.hpp"

namespace edgelab::bench {

// The demo model at the cost of a larger shape, with weights of a type that a batch is cheap in. `./lab bench` has made
// it before it starts this program.
[[nodiscard]] std::filesystem::path wide_model();
[[nodiscard]] std::filesystem::path demo_model();
[[nodiscard]] std::filesystem::path draft_model();

// smollm2-135m, q4_0, random weights: made where it is missing.
[[nodiscard]] Result<std::filesystem::path> synthetic_model();

}  // namespace edgelab::bench
