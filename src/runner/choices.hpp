// Multiple choice: how likely a cell finds each choice after the prompt. Asked once a cell, when the timed trials are
// over.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "executor/executor.hpp"
#include "types/answers.hpp"
#include "types/plan.hpp"

namespace edgelab::runner {

// Whether the cell's workload is scored by the likelihood of choices.
[[nodiscard]] bool wants_choices(Plan const& plan, Cell const& cell);

// Requests that are asked about: those with choices and a right one among them.
[[nodiscard]] std::int64_t requests_with_choices(Plan const& plan, Cell const& cell);

// REQUIRES a process that is loaded with what the cell needs. Ends early where `stop` asks for it. `asked` is called after each
// request.
[[nodiscard]] executor::Outcome<std::vector<ChoiceLikelihoods>> ask_choices(Plan const& plan, std::size_t cell,
                                                                            executor::Executor& process,
                                                                            std::stop_token const& stop,
                                                                            std::function<void()> const& asked);

}  // namespace edgelab::runner
