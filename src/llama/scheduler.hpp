// Which waiting request may be admitted now. Pure.
#pragma once

#include <cstddef>
#include <cstdint>

namespace edgelab::llama {

// continuous: as soon as a slot and room in the KV cache are free. together: a batch is admitted together, and its slots
// stay empty until the last of it has ended.
enum class Batching : std::uint8_t { together, continuous };

class Scheduler {
 public:
  // `cells` of the KV cache for all slots together; each request is given what it may come to need of them, so that none
  // admitted runs out of room on account of another.
  Scheduler(Batching batching, std::int32_t slots, std::size_t cells)
      : batching_(batching), slots_(slots), cells_(cells) {}

  // Before requests are admitted between two steps.
  void look() { open_ = batching_ == Batching::continuous || busy_ == 0; }

  // Whether a request that may need so many cells can be admitted. One that needs more than there are runs alone.
  [[nodiscard]] bool admits(std::size_t cells) const {
    return open_ && busy_ < slots_ && (busy_ == 0 || reserved_ + cells <= cells_);
  }

  void admitted(std::size_t cells) {
    ++busy_;
    reserved_ += cells;
  }
  void ended(std::size_t cells) {
    --busy_;
    reserved_ -= cells;
  }

  [[nodiscard]] std::int32_t busy() const { return busy_; }
  // Cells that no admitted request may come to need: idle sequences may hold so many.
  [[nodiscard]] std::size_t spare() const { return reserved_ < cells_ ? cells_ - reserved_ : 0; }

 private:
  Batching batching_;
  std::int32_t slots_;
  std::size_t cells_;
  std::int32_t busy_ = 0;
  std::size_t reserved_ = 0;
  bool open_ = true;
};

}  // namespace edgelab::llama
