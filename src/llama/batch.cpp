#include "llama/batch.hpp"

#include <numeric>

namespace edgelab::llama {

Batch::Batch(std::size_t capacity, std::int32_t sequences)
    : tokens_(capacity),
      positions_(capacity),
      sequence_counts_(capacity, 1),
      sequences_(capacity, nullptr),
      wants_logits_(capacity, 0),
      sequence_ids_(static_cast<std::size_t>(sequences)) {
  std::ranges::iota(sequence_ids_, 0);
}

llama_batch Batch::view() {
  return {static_cast<std::int32_t>(size_), tokens_.data(),    nullptr, positions_.data(), sequence_counts_.data(),
          sequences_.data(),                wants_logits_.data()};
}

}  // namespace edgelab::llama
