// What is really in force: read from llama.cpp's getters and log, never from what was asked for.
#pragma once

#include <string>
#include <string_view>

#include "llama/context.hpp"
#include "llama/model.hpp"
#include "types/protocol.hpp"

namespace edgelab::llama {

// The value of each flag that applies to the model, and facts of their own: n-ctx, cpu-variant. "unknown" where
// neither getter nor log tells. Flags without a meaning for the model (a KV type without a KV cache, swa-full
// without a window) are left out. `backend_log` is what was logged when the backends were loaded.
// `draft` is the model that drafted, or null.
[[nodiscard]] Flags in_force(Model const& model, Context const& context, RequestSettings const& engine,
                             Model const* draft, std::string_view backend_log);

// Buffer sizes stand in the log with two decimals of a MiB: they are that exact.
[[nodiscard]] protocol::Memory memory_use(Model const& model, Context const& context);
void add_draft_memory(Model const& model, Context const& context, protocol::Memory& memory);

}  // namespace edgelab::llama
