#include "llama/slots.hpp"

#include <algorithm>

namespace edgelab::llama {

Slots::Slots(std::size_t count, std::size_t longest, PrefixPolicy const& policy, llama_memory_t memory)
    : slots_(count), cache_(policy, memory, static_cast<std::int32_t>(count)) {
  for (std::size_t i = 0; i < count; ++i) {
    slots_[i].sequence = static_cast<llama_seq_id>(i);
    slots_[i].tokens.reserve(longest);
  }
}

Slot& Slots::best_free(std::span<llama_token const> prompt) {
  Slot* best = nullptr;
  std::size_t most = 0;
  for (auto& slot : slots_) {
    if (slot.busy()) continue;
    auto const common = cache_.common(slot.sequence, prompt);
    if (best != nullptr && (common < most || (common == most && (!cache_.policy().keep || slot.turn >= best->turn))))
      continue;
    best = &slot;
    most = common;
  }
  return *best;
}

void Slots::occupy(Slot& slot, Job const& job) {
  slot.job = &job;
  slot.turn = ++turn_;
  slot.generating = false;
  slot.draft.clear();
  slot.waits_for.reset();
  slot.tokens.assign(job.prompt.begin(), job.prompt.end());
  slot.evaluated = slot.cached = cache_.reuse(slot.sequence, slot.tokens);
}

// Donors were occupied earlier: no circle.
void Slots::find_donor(Slot& slot) {
  constexpr std::size_t worth_waiting = 16;   // tokens: fewer are evaluated along with others sooner than copied
  if (!cache_.policy().share) return;
  auto const wanted = std::span<llama_token const>(slot.tokens).first(slot.tokens.size() - 1);
  slot.shared = slot.evaluated;
  for (auto const& other : slots_) {
    if (!other.busy() || &other == &slot) continue;
    auto const common = static_cast<std::size_t>(std::ranges::mismatch(other.tokens, wanted).in1 - other.tokens.begin());
    if (common < slot.shared + worth_waiting) continue;
    slot.shared = common;
    slot.waits_for = other.sequence;
    slot.donor_turn = other.turn;
  }
}

bool Slots::still_waits(Slot& slot) {
  if (!slot.waits_for) return false;
  auto const& donor = slots_[static_cast<std::size_t>(*slot.waits_for)];
  bool const same = donor.busy() && donor.turn == slot.donor_turn;
  if (same && donor.evaluated < slot.shared) return true;
  bool const left_behind = !donor.busy() && cache_.common(donor.sequence, slot.job->prompt) >= slot.shared;
  slot.waits_for.reset();
  if (!same && !left_behind) return false;
  cache_.copy(donor.sequence, slot.sequence, slot.shared);
  slot.evaluated = slot.cached = slot.shared;
  return false;
}

void Slots::leave(Slot& slot) {
  cache_.remember(slot.sequence, std::span(slot.tokens).first(slot.evaluated));
  slot.job = nullptr;
  slot.rows = 0;
}

void Slots::keep_idle_within(std::size_t cells) {
  for (;;) {
    std::size_t held = 0;
    Slot const* oldest = nullptr;
    for (auto const& slot : slots_) {
      if (slot.busy() || cache_.held(slot.sequence) == 0) continue;
      held += cache_.held(slot.sequence);
      if (oldest == nullptr || slot.turn < oldest->turn) oldest = &slot;
    }
    if (held <= cells) return;
    cache_.drop(oldest->sequence);
  }
}

bool Slots::drop_idle() {
  bool dropped = false;
  for (auto const& slot : slots_) {
    if (slot.busy() || cache_.held(slot.sequence) == 0) continue;
    cache_.drop(slot.sequence);
    dropped = true;
  }
  return dropped;
}

}  // namespace edgelab::llama
