// Plain decoding and prefill of edgelab-llama against llama-bench, same model, threads and settings, interleaved.
// The engine samples and keeps a timeline, llama-bench does neither.
#include <yyjson.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <print>
#include <string>

#include "executor/executor.hpp"
#include "model/gguf_file.hpp"
#include "stats/metrics.hpp"
#include "support/paired.hpp"

namespace {

using namespace edgelab;
using namespace std::chrono_literals;

constexpr int threads = 2;
constexpr int prompt_tokens = 512;
constexpr int generated_tokens = 128;

// Tokens per second of one llama-bench test, by its own account. It warms up first.
Result<double> llama_bench(std::filesystem::path const& model, int n_prompt, int n_gen) {
  auto const command = std::format("llama-bench -m '{}' -p {} -n {} -t {} -fa off -ngl 0 -r 1 -o json 2>/dev/null",
                                   model.string(), n_prompt, n_gen, threads);
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  if (!pipe) return fail("cannot start llama-bench");
  std::string text;
  std::array<char, 4096> buffer{};
  while (auto const n = fread(buffer.data(), 1, buffer.size(), pipe.get())) text.append(buffer.data(), n);
  std::unique_ptr<yyjson_doc, void (*)(yyjson_doc*)> doc(yyjson_read(text.data(), text.size(), 0), yyjson_doc_free);
  auto* const row = doc ? yyjson_arr_get_first(yyjson_doc_get_root(doc.get())) : nullptr;
  double const rate = row ? yyjson_get_num(yyjson_obj_get(row, "avg_ts")) : 0.0;
  if (rate <= 0.0) return fail("llama-bench printed no avg_ts: " + text);
  return rate;
}

Flags flags() {
  return {{"threads", std::to_string(threads)}, {"threads-batch", std::to_string(threads)}, {"flash-attn", "off"}};
}

// One metric of one trial of our executor, after a warm-up of the same shape.
Result<double> edgelab_llama(executor::Executor& executor, int n_prompt, int n_gen, std::string_view metric) {
  protocol::Run run;
  run.flags = flags();
  auto& request = run.requests.emplace_back();
  request.id = "r";
  request.synthetic_tokens = n_prompt;
  request.max_tokens = n_gen;
  request.ignore_eos = true;
  run.seed = 1;
  for (bool const warm : {true, false}) {
    auto shorter = run;
    if (warm && n_gen > 8) shorter.requests.front().max_tokens = 8;
    auto const ran = executor.run(warm ? shorter : run, 120s, {});
    if (!ran) return fail(ran.error().reason);
    if (warm) continue;
    for (auto const& found : stats::metrics_of(ran->timeline, {}))
      if (found.name == metric) return found.value;
  }
  return fail(std::format("the trial has no {}", metric));
}

Result<bool> measure(std::filesystem::path const& model, int pairs) {
  auto started = executor::Executor::start({EDGELAB_BIN_DIR "/edgelab-llama"}, "/dev/null", 30s);
  if (!started) return fail(started.error().reason);
  auto& executor = **started;
  protocol::Load load;
  load.model = model.string();
  load.flags = flags();
  auto const loaded = executor.load(load, 120s);
  if (!loaded) return fail(loaded.error().reason);

  EDGELAB_TRY(prefill, bench::compare({.name = "prefill 512, edgelab-llama / llama-bench",
                                       .ours = [&] { return edgelab_llama(executor, prompt_tokens, 1, "prefill_tps"); },
                                       .theirs = [&] { return llama_bench(model, prompt_tokens, 0); },
                                       .goal = 0.99},
                                      pairs));
  // One more token than llama-bench decodes: the first comes out of the prefill and is not in decode_tps.
  EDGELAB_TRY(decode,
              bench::compare({.name = "decode 128, edgelab-llama / llama-bench",
                              .ours = [&] { return edgelab_llama(executor, 1, generated_tokens + 1, "decode_tps"); },
                              .theirs = [&] { return llama_bench(model, 0, generated_tokens); },
                              .goal = 0.99},
                             pairs));
  return prefill && decode;
}

}  // namespace

int main(int argc, char** argv) {
  int const pairs = argc > 1 ? std::atoi(argv[1]) : 20;
  auto const model = std::filesystem::temp_directory_path() / "edgelab-bench-135m-q4_0.gguf";
  if (!std::filesystem::exists(model)) {
    auto const shape = model::parse_shape("smollm2-135m");
    if (auto const made = model::synthesise(*shape, "q4_0", 1, model); !made) {
      std::println(stderr, "{}", made.error().describe());
      return 2;
    }
  }
  auto const met = measure(model, pairs);
  if (!met) {
    std::println(stderr, "{}", met.error().describe());
    return 2;
  }
  return *met ? 0 : 1;
}
