#include "llama/calibration.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "llama/batch.hpp"
#include "llama/log.hpp"

namespace edgelab::llama {

namespace {

constexpr int passes = 4;

std::vector<std::size_t> row_counts(std::size_t most) {
  std::vector<std::size_t> counts{1};
  for (std::size_t step = 1; counts.back() < most; step = std::max<std::size_t>(1, counts.back() / 4)) {
    counts.push_back(std::min(counts.back() + step, most));
  }
  return counts;
}

}  // namespace

Outcome<StepCost> measure_step_cost(Model const& model, Context& context, std::size_t most) {
  auto* const handle = context.handle.get();
  auto const sequences = static_cast<std::int32_t>(llama_n_seq_max(handle));
  Batch batch(most, sequences);
  std::vector<StepCost::Point> points;
  for (auto const rows : row_counts(most)) {
    double shortest = 0.0;
    for (int pass = 0; pass < passes; ++pass) {
      llama_memory_clear(context.memory(), false);
      batch.clear();
      for (llama_seq_id i = 0; i < sequences; ++i) {
        auto const share = rows / static_cast<std::size_t>(sequences);
        auto const rest = rows % static_cast<std::size_t>(sequences);
        auto const count = share + (static_cast<std::size_t>(i) < rest ? 1 : 0);
        for (std::size_t position = 0; position < count; ++position)
          batch.add(model.ordinary_tokens.front(), position, i, Logits::wanted);
      }
      auto const start = Clock::now();
      auto const code = llama_decode(handle, batch.view());
      llama_synchronize(handle);
      auto const seconds = std::chrono::duration<double>(Clock::now() - start).count();
      if (code == 2) return refuse("cancelled", "cancelled while costs were measured");
      if (code != 0) {
        return std::unexpected(log::refusal(
            "a batch of " + std::to_string(rows) + " rows cannot be decoded (llama_decode: " + std::to_string(code) + ")",
            log::take()));
      }
      shortest = pass == 0 ? seconds : std::min(shortest, seconds);
    }
    points.push_back({rows, shortest});
  }
  llama_memory_clear(context.memory(), true);
  return StepCost(std::move(points));
}

}  // namespace edgelab::llama
