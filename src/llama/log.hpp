// llama.cpp's log, kept: it tells what no getter tells (resolved FlashAttention, buffer sizes), and why something failed.
#pragma once

#include <string>
#include <string_view>

#include "llama/refusal.hpp"

namespace edgelab::llama::log {

// From here on llama.cpp and ggml log into memory; warnings and errors go to the standard error as well, and with
// EDGELAB_LLAMA_LOG=all everything does. Call once, before anything else of llama.cpp.
void capture();

// What has been logged since the last call, all levels, whole lines.
[[nodiscard]] std::string take();

// `what` and the last warnings and errors of `text`, as the refusal to answer with: "oom" where llama.cpp could not
// get memory, else "failed".
[[nodiscard]] Refusal refusal(std::string_view what, std::string_view text);

}  // namespace edgelab::llama::log
