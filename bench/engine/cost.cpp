// What a batch costs: the time of a step with 2, 4, 8 and 9 sequences relative to one, for each type of weights that lies
// beside the model, by llama-batched-bench. Speculation gains what is accepted divided by this, batching what is batched.
#include <array>
#include <filesystem>
#include <format>
#include <string>
#include <string_view>
#include <vector>

#include "engine/group.hpp"
#include "engine/models.hpp"
#include "peers/llama_batched_bench.hpp"
#include "support/turns.hpp"
#include "support/verdict.hpp"

namespace edgelab::bench {

namespace {

// A short prompt, so that generating is nearly all of the time.
constexpr int prompt_tokens = 4;
constexpr int steps = 48;

}  // namespace

Result<bool> cost(Options const& options) {
  constexpr std::array sequences{1, 2, 4, 8, 9};
  for (std::string_view const type : {"f16", "q8_0", "q4_0"}) {
    auto const model = wide_model().parent_path() / std::format("demo-wide-{}.gguf", type);
    if (!std::filesystem::exists(model)) continue;
    std::vector<Side> sides;
    for (int const n : sequences)
      sides.push_back(
          {std::to_string(n), [=](int) { return llama_batched_bench(model, n, prompt_tokens, steps); }, WarmUp::none});
    auto const title = std::format("cost, {}", type);
    if (!options.wants(title)) continue;
    EDGELAB_TRY(columns, take_turns(title, sides, (options.pairs + 2) / 3));
    tell_alone(title + ", tokens per second", columns[0]);
    // Rates are of all sequences; the time of a step is their number over the rate.
    for (std::size_t i = 1; i < columns.size(); ++i) {
      Column step{std::format("step of {}", sequences[i]), {}};
      Column const one{"step of 1", std::vector<double>(columns[0].values.size(), 1.0)};
      for (std::size_t turn = 0; turn < columns[0].values.size(); ++turn)
        step.values.push_back(sequences[i] * columns[0].values[turn] / columns[i].values[turn]);
      tell_ratio(title, step, one, {});
    }
  }
  return true;
}

}  // namespace edgelab::bench
