// Speculative decoding: what to draft for which slot, and what became of it.
#pragma once

#include <llama.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/clock.hpp"
#include "llama/draft.hpp"
#include "llama/draft_length.hpp"
#include "llama/draft_model.hpp"
#include "llama/lookup.hpp"
#include "llama/refusal.hpp"
#include "llama/sampler.hpp"
#include "llama/settings.hpp"
#include "llama/step_cost.hpp"

namespace edgelab::llama {

// A draft model made ready.
struct Drafting {
  Model const* model = nullptr;
  Context* context = nullptr;
};

// What passes of both models cost on this machine, as measured when the contexts were made. Only adaptive drafting asks.
struct SpeculationCosts {
  StepCost target;
  StepCost draft;
};

// A slot for which a draft is asked.
struct DraftRequest {
  llama_seq_id slot = 0;
  std::span<llama_token const> text;  // prompt and generated tokens
  std::size_t most = 0;  // tokens that may be drafted; propose() lowers it to what it wants of a model
  Draft* out = nullptr;
};

// Whether the draft model keeps a text that has ended, for the next one's prefix (cache-prompt).
enum class Memory : std::uint8_t { cold, kept };

// Looks up first, and drafts with the model where nothing was found: each where it is switched on.
class Speculation {
 public:
  Speculation(SpeculationSettings const& settings, Memory memory, std::optional<Drafting> const& drafting,
              SpeculationCosts costs, std::int32_t slots);

  [[nodiscard]] bool enabled() const { return settings_.lookup || model_.has_value(); }

  // A slot begins a request. `sampling`, `seed` and `forbidden` as for its Sampler; `forbidden` outlives the request.
  void begin(llama_seq_id slot, Sampling const& sampling, std::uint64_t seed, std::span<llama_token const> forbidden);

  // Its request has ended: what the draft model holds of it makes room, unless it is kept.
  void end(llama_seq_id slot);

  // A pass over the requests begins: nothing is known of texts, nor of how far drafts are accepted.
  void forget_all();

  // A slot's prompt has been evaluated. Where every step is to draft with the model, it reads the prompt now: that is prefill, of
  // which the first token waits, and not the first draft. Else it reads when it is first asked, which may be never.
  [[nodiscard]] Outcome<void> prompt_read(llama_seq_id slot, std::span<llama_token const> prompt);

  // Fills the drafts; each is empty where nothing is worth verifying.
  [[nodiscard]] Outcome<void> propose(std::span<DraftRequest> requests);

  // Of a slot's draft so many tokens have been judged, and accepted of these.
  void judged(llama_seq_id slot, Draft const& draft, std::size_t judged, std::size_t accepted);

  // A step without prompts took the target so long.
  void step_took(std::size_t rows, Clock::duration duration);

 private:
  struct SlotState {
    LookupIndex index;
    std::optional<Sampler> sampler;  // of the draft model; absent: its drafts are certain
    std::span<llama_token const> forbidden;
    Acceptance::Request seen;
  };

  void adapt(std::span<DraftRequest> requests);
  [[nodiscard]] Outcome<void> draft_by_model(std::span<DraftRequest> requests);

  SpeculationSettings settings_;
  Memory memory_;
  std::optional<DraftModel> model_;
  SpeculationCosts costs_;
  Acceptance acceptance_;
  Exploration exploration_;
  std::vector<SlotState> slots_;
  std::vector<DraftTask> tasks_;  // of one call; kept for their room
};

}  // namespace edgelab::llama
