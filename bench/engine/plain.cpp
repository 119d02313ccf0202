// Prefill and decoding without any technique, against llama-bench: same model, threads and settings. The engine samples
// and keeps a timeline, llama-bench does neither.
#include <array>
#include <string_view>
#include <utility>

#include "engine/group.hpp"
#include "engine/models.hpp"
#include "engine/ours.hpp"
#include "peers/llama_bench.hpp"
#include "support/turns.hpp"
#include "support/verdict.hpp"

namespace edgelab::bench {

namespace {

constexpr int prompt_tokens = 512;
constexpr int generated_tokens = 128;
constexpr double goal = 0.99;

Result<double> ours_alone(Ours& ours, int n_prompt, int n_gen, std::string_view name) {
  protocol::Run run;
  auto& request = run.requests.emplace_back();
  request.id = "r";
  request.synthetic_tokens = n_prompt;
  request.max_tokens = n_gen;
  request.ignore_eos = true;
  // llama-bench warms up with a run of the same shape directly before each test; so does this.
  auto warm = run;
  warm.requests.front().max_tokens = n_gen > 8 ? 8 : n_gen;
  EDGELAB_CHECK(ours.run(std::move(warm)));
  EDGELAB_TRY(ran, ours.run(std::move(run)));
  return metric(ran, name);
}

}  // namespace

Result<bool> plain(Options const& options) {
  EDGELAB_TRY(model, synthetic_model());
  EDGELAB_TRY(ours, Ours::start(model));
  auto const against_llama_bench = [&](std::string_view title, Measure const& mine,
                                       Measure const& its) -> Result<bool> {
    if (!options.wants(title)) return true;
    std::array const sides{Side{"edgelab-llama", mine, WarmUp::none}, Side{"llama-bench", its, WarmUp::none}};
    EDGELAB_TRY(columns, take_turns(title, sides, options.pairs));
    return tell_ratio(title, columns[0], columns[1], goal);
  };
  EDGELAB_TRY(prefill, against_llama_bench(
                           "prefill 512", [&](int) { return ours_alone(*ours, prompt_tokens, 1, "prefill_tps"); },
                           [&](int) { return llama_bench(model, prompt_tokens, 0); }));
  // One more token than llama-bench decodes: the first comes out of the prefill and is not in decode_tps.
  EDGELAB_TRY(decode, against_llama_bench(
                          "decode 128", [&](int) { return ours_alone(*ours, 1, generated_tokens + 1, "decode_tps"); },
                          [&](int) { return llama_bench(model, 0, generated_tokens); }));
  return prefill && decode;
}

}  // namespace edgelab::bench
