// What one llama_decode is given: rows of several sequences, in arrays that are made once.
#pragma once

#include <llama.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace edgelab::llama {

enum class Logits : std::uint8_t { unwanted, wanted };

class Batch {
 public:
  // `capacity` rows, of sequences from 0 to `sequences` - 1.
  Batch(std::size_t capacity, std::int32_t sequences);
  Batch(Batch const&) = delete;
  Batch& operator=(Batch const&) = delete;

  void clear() { size_ = 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t room() const { return tokens_.size() - size_; }

  // REQUIRES: room. Returns its row, which is what llama_get_logits_ith wants.
  std::int32_t add(llama_token token, std::size_t position, llama_seq_id sequence, Logits logits) {
    tokens_[size_] = token;
    positions_[size_] = static_cast<llama_pos>(position);
    sequences_[size_] = &sequence_ids_[static_cast<std::size_t>(sequence)];
    wants_logits_[size_] = logits == Logits::wanted ? 1 : 0;
    return static_cast<std::int32_t>(size_++);
  }

  // Points into this object.
  [[nodiscard]] llama_batch view();

 private:
  std::size_t size_ = 0;
  std::vector<llama_token> tokens_;
  std::vector<llama_pos> positions_;
  std::vector<std::int32_t> sequence_counts_;
  std::vector<llama_seq_id*> sequences_;
  std::vector<std::int8_t> wants_logits_;
  std::vector<llama_seq_id> sequence_ids_;   // 0, 1, ...: what sequences_ points to
};

}  // namespace edgelab::llama
