// A llama_context with settings in force, warm where that is asked for, and its log for the ledger.
#pragma once

#include <llama.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "llama/model.hpp"
#include "llama/refusal.hpp"
#include "llama/settings.hpp"
#include "serve/stop.hpp"

namespace edgelab::llama {

using serve::Stop;

struct FreeContext {
  void operator()(llama_context* context) const { llama_free(context); }
};

struct Context {
  ContextSettings settings;          // as asked for; what is in force is the ledger's business
  std::unique_ptr<llama_context, FreeContext> handle;
  std::string log;                   // llama.cpp's, since this context began

  [[nodiscard]] llama_memory_t memory() const { return llama_get_memory(handle.get()); }
};

// Cells for so many tokens, as contexts are sized: a multiple of 256, as llama.cpp would make it anyway.
[[nodiscard]] std::uint32_t padded_n_ctx(std::size_t tokens);

// Makes a context and warms it with one batch of up to `warm_tokens`, one single token, and one token of each sequence, so
// that the first request of a trial does not pay for first touches of buffers that later ones find ready. `stop` must outlive it; when it is
// requested, a running llama_decode returns early. Without `warm_tokens` it is not warmed: where nothing is timed, that is more
// work than it spares.
[[nodiscard]] Outcome<Context> make_context(Model const& model, ContextSettings const& settings,
                                            std::optional<std::size_t> warm_tokens, Stop const& stop);

// Why the end of a sequence cannot be removed, which is what keeping a prefix and refusing a draft come down to; nullopt
// if it can. Recurrent states cannot be rolled back, and a sliding window may have dropped what the end rested on.
enum class Windowed : std::uint8_t { allowed, refused };
[[nodiscard]] std::optional<std::string> cannot_roll_back(Model const& model, ContextSettings const& settings,
                                                          Windowed windowed);

}  // namespace edgelab::llama
