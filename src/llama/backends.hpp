// llama.cpp, made ready once for the process.
#pragma once

#include <string>

namespace edgelab::llama {

// From the first call on llama.cpp's log is kept (log.hpp) and its backends are loaded. Returns what was logged meanwhile, of
// every call the same. Thread-safe.
[[nodiscard]] std::string const& start_backends();

// Whether llama.cpp found a GPU in this machine. REQUIRES start_backends().
[[nodiscard]] bool has_accelerator();

}  // namespace edgelab::llama
