// What a person sees while a run goes on.
#pragma once

#include <memory>
#include <string>

#include "runner/observer.hpp"
#include "types/plan.hpp"

namespace edgelab::app {

// Redraws some lines at the bottom of the terminal on standard error; at most four times a second, and while a trial
// runs at most twice, only when its executor reports progress. Of several machines, a line for each with what it runs or waits for.
[[nodiscard]] std::unique_ptr<runner::Observer> live_view(Plan const& plan);

// "cooling down: 71.5 °C, to 58.0 °C; 12 s of at most 2 min"
[[nodiscard]] std::string cooling_text(runner::Cooling const& cooling);

// "after the trials: texts, demo/llama/w/kv-q8, 512 of at most 8192 tokens, at most 12 s left"
[[nodiscard]] std::string afterwards_text(runner::Afterwards const& position, Plan const& plan);

// A line a trial on standard error, for logs and pipes.
[[nodiscard]] std::unique_ptr<runner::Observer> plain_view(Plan const& plan);

// Nothing but notices.
[[nodiscard]] std::unique_ptr<runner::Observer> quiet_view();

}  // namespace edgelab::app
