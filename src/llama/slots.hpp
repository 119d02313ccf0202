// The places for requests, and what their sequences hold in the context's memory: which place a request is given, what it
// finds there of its prompt or takes over from another's, and what idle ones give up for those that run.
#pragma once

#include <llama.h>

#include <cstddef>
#include <span>
#include <vector>

#include "llama/prefix_cache.hpp"
#include "llama/slot.hpp"

namespace edgelab::llama {

class Slots {
 public:
  // One for each sequence of `memory`, which is REQUIRED to outlive them. `longest`: tokens of the longest request.
  Slots(std::size_t count, std::size_t longest, PrefixPolicy const& policy, llama_memory_t memory);

  [[nodiscard]] auto begin() { return slots_.begin(); }
  [[nodiscard]] auto end() { return slots_.end(); }
  [[nodiscard]] std::size_t size() const { return slots_.size(); }

  // REQUIRES: one is free. Of the free ones the one with most of the prompt in its memory; of equal ones the one that was
  // used longest ago where that keeps what others hold, else the first, so that those in use lie together.
  [[nodiscard]] Slot& best_free(std::span<llama_token const> prompt);

  // Makes a free slot a request's: what of the prompt its memory holds is kept, the rest is dropped.
  void occupy(Slot& slot, Job const& job);

  // Looks for another slot whose request begins alike, well beyond what this one's memory holds: its prefix is copied as
  // soon as it has been evaluated, so that what requests have in common is evaluated once.
  void find_donor(Slot& slot);

  // Copies the prefix that the slot waits for, if it is there. True: it is still being evaluated.
  [[nodiscard]] bool still_waits(Slot& slot);

  // The request has ended; what has been evaluated of it stays for those that come.
  void leave(Slot& slot);

  // Idle slots give up what is beyond `cells`, the longest unused first.
  void keep_idle_within(std::size_t cells);

  // Idle slots give up all they hold. False: they held nothing.
  bool drop_idle();

  // The memory has been cleared. REQUIRES: all are free.
  void forget_all() { cache_.forget_all(); }

 private:
  std::vector<Slot> slots_;
  PrefixCache cache_;
  std::uint64_t turn_ = 0;
};

}  // namespace edgelab::llama
