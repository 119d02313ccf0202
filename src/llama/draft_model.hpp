// Drafts by a second, smaller model, for several slots at once.
#pragma once

#include <llama.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/clock.hpp"
#include "llama/batch.hpp"
#include "llama/context.hpp"
#include "llama/draft.hpp"
#include "llama/model.hpp"
#include "llama/refusal.hpp"
#include "llama/sampler.hpp"

namespace edgelab::llama {

// The draft of one slot.
struct DraftTask {
  llama_seq_id sequence = 0;
  std::span<llama_token const> text;     // all tokens so far; the draft follows them
  std::size_t most = 0;                  // tokens; at least 1
  Sampler* sampler = nullptr;            // draws the tokens; nullptr: the likeliest each time, which is certain
  std::span<llama_token const> forbidden;
  Draft* out = nullptr;
};

class DraftModel {
 public:
  // Both REQUIRED to outlive it; the context has a sequence for each slot.
  DraftModel(Model const& model, Context& context);

  // Nothing stands in its memory any more: of one slot, or of all.
  void forget(llama_seq_id sequence);
  void forget_all();

  // Evaluates a prompt, so that the first draft after it need not. Without room in its KV cache nothing is held afterwards.
  [[nodiscard]] Outcome<void> read(llama_seq_id sequence, std::span<llama_token const> text);

  // Drafts for all tasks, in step: each pass evaluates one more token of each that goes on. A draft ends at `most`
  // tokens, after an end token, and before a token that the model, at its most confident, gives less than `p_min`:
  // whether it ends there does not depend on the token drawn, so that what Sampler::judge promises holds.
  // Evaluates first what it has not seen of the texts. Without room in its KV cache drafts stay empty. Fails where
  // llama.cpp does.
  [[nodiscard]] Outcome<void> draft(std::span<DraftTask> tasks, double p_min);

  // Told of each pass that evaluated one token or two of each of `rows`' sequences, which is what a drafted token costs.
  std::function<void(std::size_t rows, Clock::duration duration)> on_pass;

 private:
  struct Running;

  [[nodiscard]] Outcome<void> take(Running& running, double p_min);
  void keep_common(llama_seq_id sequence, std::span<llama_token const> text);
  [[nodiscard]] Outcome<bool> evaluate();

  Model const& model_;
  Context& context_;
  Batch batch_;
  std::vector<std::vector<llama_token>> in_memory_;   // of each sequence: the tokens evaluated
};

}  // namespace edgelab::llama
