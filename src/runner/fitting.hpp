// Whether every request fits into the context that its model was trained for, found before anything runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runner/runner.hpp"
#include "types/plan.hpp"

namespace edgelab::runner {

// "workload w, request 'a', model m: …" for the first that does not fit, prompt and answer together. Loads each model
// once where a prompt might be too long by its bytes, and asks the executor for its tokens; the longest 64 of a workload
// are asked for. What an executor cannot tell (one that does not score, or knows no trained context) passes.
[[nodiscard]] std::optional<std::string> request_that_does_not_fit(Plan const& plan, std::vector<protocol::HelloReply> const& hellos,
                                                                   StartExecutor const& start);

}  // namespace edgelab::runner
