// A given text under a model: what it says of each token, given those before it. Nothing is generated (teacher forcing).
#pragma once

#include <llama.h>

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "llama/context.hpp"
#include "llama/refusal.hpp"

namespace edgelab::llama {

// Which distributions are wanted: row r is that of token r + 1.
struct Rows {
  std::size_t first = 0;
  std::size_t end = 0;
  std::size_t at_a_time = 0;   // tokens in a step after row `first`; 0: as many as the context's ubatch holds
};

// Evaluates a text step by step, so that no more than one step's logits are held. `context` outlives it and is used for
// nothing else meanwhile. REQUIRES of the context: one sequence, room for all tokens, n_outputs_max of a ubatch or more.
class Forced {
 public:
  Forced(Context& context, std::int32_t n_vocab, std::vector<llama_token> tokens, Rows rows);

  // Goes on to the next rows that are wanted: how many there are now; 0 at the end.
  [[nodiscard]] Outcome<std::size_t> next();

  [[nodiscard]] std::size_t first() const { return first_; }   // the number of the first of them
  [[nodiscard]] std::size_t count() const { return count_; }
  // Logits of row first() + i, valid until the next call of next().
  [[nodiscard]] std::span<float const> logits(std::size_t i) const;

 private:
  Context& context_;
  std::size_t n_vocab_;
  std::vector<llama_token> tokens_;
  Rows rows_;
  std::vector<std::int8_t> wanted_;   // of each token of a step
  std::size_t done_ = 0;              // tokens evaluated
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::size_t offset_ = 0;            // of row first() in the step's batch
};

// The same row of both.
struct RowPair {
  std::size_t row = 0;
  std::span<float const> a;
  std::span<float const> b;
};

// Hands on all rows of both, `workers` at a time: each worker visits its own, in their order, and is told its number (from 0). Worker 0
// is this thread. A refusal ends that worker's part and what would follow; what a worker throws is a refusal. REQUIRES: the same first
// and end; steps may differ.
using VisitRow = std::function<Outcome<void>(std::size_t worker, RowPair const& rows)>;
[[nodiscard]] Outcome<void> side_by_side(Forced& a, Forced& b, std::size_t workers, VisitRow const& visit);

// Whether a row holds numbers, as one says: a model can go wrong.
[[nodiscard]] Outcome<void> check_numbers(std::span<float const> logits);

}  // namespace edgelab::llama
