// An experiment file, checked as far as it can be without running anything.
#pragma once

#include <expected>
#include <filesystem>

#include "core/result.hpp"
#include "spec/parse.hpp"
#include "types/experiment.hpp"
#include "types/plan.hpp"

namespace edgelab::app {

// spec::load, with metrics known; then the model files, if the file itself is right.
[[nodiscard]] std::expected<Experiment, spec::Diagnostics> load_experiment(std::filesystem::path const& file,
                                                                           spec::Overrides overrides);

// Model files that are missing, truncated or not GGUF, and drafts with another vocabulary, each where it was written.
// A model that only null executors would get is not looked at; one that only exec executors get has to be there.
[[nodiscard]] spec::Diagnostics check_models(Experiment const& experiment);

// The plan, with the flags resolved for this machine.
[[nodiscard]] Result<Plan> plan_of(Experiment experiment);

// One a line on standard error. Returns exit_bad_input.
int refuse(spec::Diagnostics const& diagnostics);

}  // namespace edgelab::app
