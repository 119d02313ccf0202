#include "llama/calibration.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "llama/batch.hpp"
#include "llama/log.hpp"

namespace edgelab::llama {

namespace {

// Whatever else runs on the machine costs a few passes in a row, so each number of rows gets its passes in turns with the
// others, and the shortest counts.
constexpr int least_turns = 3;
constexpr int most_turns = 8;
constexpr auto enough = std::chrono::milliseconds(1500);

std::vector<std::size_t> row_counts(std::size_t most) {
  std::vector<std::size_t> counts{1};
  for (std::size_t step = 1; counts.back() < most; step = std::max<std::size_t>(1, counts.back() / 4)) {
    counts.push_back(std::min(counts.back() + step, most));
  }
  return counts;
}

// So many rows, spread over the sequences.
void fill(Batch& batch, std::size_t rows, std::size_t sequences, llama_token token) {
  batch.clear();
  for (std::size_t i = 0; i < sequences; ++i) {
    auto const count = rows / sequences + (i < rows % sequences ? 1 : 0);
    for (std::size_t position = 0; position < count; ++position)
      batch.add(token, position, static_cast<llama_seq_id>(i), Logits::wanted);
  }
}

Outcome<double> seconds_of(Context& context, Batch& batch) {
  llama_memory_clear(context.memory(), false);
  auto const start = Clock::now();
  auto const code = llama_decode(context.handle.get(), batch.view());
  llama_synchronize(context.handle.get());
  if (code == 2) return refuse("cancelled", "cancelled while costs were measured");
  if (code != 0) {
    return std::unexpected(log::refusal("a batch of " + std::to_string(batch.size()) +
                                            " rows cannot be decoded (llama_decode: " + std::to_string(code) + ")",
                                        log::take()));
  }
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

Outcome<StepCost> measure_step_cost(Model const& model, Context& context, std::size_t most) {
  auto const sequences = llama_n_seq_max(context.handle.get());
  Batch batch(most, static_cast<std::int32_t>(sequences));
  std::vector<StepCost::Point> points;
  for (auto const rows : row_counts(most)) points.push_back({rows, std::numeric_limits<double>::infinity()});
  auto const start = Clock::now();
  for (int turn = 0; turn < least_turns || (turn < most_turns && Clock::now() - start < enough); ++turn) {
    for (auto& [rows, shortest] : points) {
      fill(batch, rows, sequences, model.ordinary_tokens.front());
      auto const seconds = seconds_of(context, batch);
      if (!seconds) return std::unexpected(seconds.error());
      shortest = std::min(shortest, *seconds);
    }
  }
  llama_memory_clear(context.memory(), true);
  return StepCost(std::move(points));
}

}  // namespace edgelab::llama
