// Which devices a model is given: those here, and those of other machines.
#pragma once

#include <llama.h>

#include <vector>

#include "llama/refusal.hpp"
#include "llama/settings.hpp"

namespace edgelab::llama {

// As llama.cpp wants them, with a null at the end; empty: its own choice. Asks every server of `rpc` whether it is there: where one
// is not, that is the refusal. The devices live as long as the process.
[[nodiscard]] Outcome<std::vector<ggml_backend_dev_t>> devices_for(ModelSettings const& settings);

}  // namespace edgelab::llama
