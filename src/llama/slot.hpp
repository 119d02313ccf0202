// A place for one request at a time, with a sequence of its own in the context's memory.
#pragma once

#include <llama.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "llama/draft.hpp"
#include "llama/job.hpp"
#include "llama/sampler.hpp"

namespace edgelab::llama {

struct Slot {
  llama_seq_id sequence = 0;               // also its index
  Job const* job = nullptr;                // nullptr: free
  std::uint64_t turn = 0;                  // which admission it was; of a free slot, the last
  std::optional<Sampler> sampler;
  std::vector<llama_token> tokens;         // prompt, then what was generated
  std::size_t evaluated = 0;               // of them, standing in the memory
  std::size_t cached = 0;                  // of the prompt, not evaluated thanks to a cache
  std::size_t record = 0;                  // index of its RequestRecord
  bool generating = false;                 // its first token has been picked
  std::optional<llama_seq_id> waits_for;   // the slot that is evaluating a prefix it will copy,
  std::uint64_t donor_turn = 0;            // in this turn of that slot,
  std::size_t shared = 0;                  // and how long the prefix is

  // Of the step at hand.
  Draft draft;
  std::size_t rows = 0;                    // of its tokens in the batch, without drafted ones
  std::int32_t first_row = -1;             // the row whose logits pick a token, drafted ones follow; -1: none yet

  [[nodiscard]] bool busy() const { return job != nullptr; }
};

}  // namespace edgelab::llama
