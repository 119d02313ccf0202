// A whole run against the script a user would write instead: ten rounds, the same repetitions, wall time of both.
// The lab also shuffles, checks what is in force, measures memory in fresh processes, stores and reports; the script
// starts llama-bench once a round and gets a mean and a deviation for each.
#include <cstdlib>
#include <filesystem>
#include <format>
#include <print>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "stats/estimate.hpp"
#include "support/scratch.hpp"

namespace {

using namespace edgelab;

constexpr int repetitions = 5;
constexpr int prompt_tokens = 128;
constexpr int generated_tokens = 64;

// What both sides can do: YAML flags and llama-bench's.
struct BothWays {
  char const* name;
  char const* yaml;
  char const* llama_bench;
};
constexpr BothWays rounds[] = {
    {"baseline", "{}", "-fa off"},
    {"fa", "{flash-attn: on}", "-fa on"},
    {"k-q8", "{cache-type-k: q8_0}", "-fa off -ctk q8_0"},
    {"k-q4", "{cache-type-k: q4_0}", "-fa off -ctk q4_0"},
    {"kv-q8", "{cache-type-k: q8_0, cache-type-v: q8_0, flash-attn: on}", "-fa on -ctk q8_0 -ctv q8_0"},
    {"kv-q4", "{cache-type-k: q4_0, cache-type-v: q4_0, flash-attn: on}", "-fa on -ctk q4_0 -ctv q4_0"},
    {"mixed", "{cache-type-k: q8_0, cache-type-v: q4_0, flash-attn: on}", "-fa on -ctk q8_0 -ctv q4_0"},
    {"ubatch-64", "{ubatch-size: 64}", "-fa off -ub 64"},
    {"one-thread", "{threads: 1, threads-batch: 1}", "-fa off"},
    {"bf16", "{cache-type-k: bf16, cache-type-v: bf16}", "-fa off -ctk bf16 -ctv bf16"},
};

double wall_s(std::string const& command) {
  auto const start = Clock::now();
  if (int const status = std::system(command.c_str()); status != 0)
    std::println(stderr, "exit status {} of: {}", status, command);
  return static_cast<double>(to_ns(Clock::now() - start)) / 1e9;
}

}  // namespace

int main(int argc, char** argv) {
  int const pairs = argc > 1 ? std::atoi(argv[1]) : 10;
  std::string const model = EDGELAB_SOURCE_DIR "/models/demo/demo-f16.gguf";
  std::vector<double> ours;
  std::vector<double> theirs;
  for (int pair = 0; pair < pairs; ++pair) {
    bench::Scratch const scratch("rounds");
    std::string yaml = std::format(R"(schema: edge-llm-lab/1
name: rounds
models: [{{id: demo, path: {}}}]
workloads: [{{id: w, kind: synthetic, prompt_tokens: [{}], output_tokens: {}, count: 1}}]
protocol: {{warmup: 1, blocks: {{min: {}, max: {}}}, trial: {{min_seconds: 0, min_tokens: 0}}}}
rounds:
)",
                                   model, prompt_tokens, generated_tokens, repetitions, repetitions);
    std::string script;
    for (auto const& round : rounds) {
      bool const one_thread = std::string_view(round.name) == "one-thread";
      yaml += std::format("  - {{name: {}, category: {}, flags: {}}}\n", round.name,
                          &round == &rounds[0] ? "baseline" : "custom", round.yaml);
      script += std::format("llama-bench -m '{}' -p 0 -n 0 -pg {},{} -r {} -t {} -ngl 0 {} >>{} 2>/dev/null\n", model,
                            prompt_tokens, generated_tokens, repetitions, one_thread ? 1 : 2, round.llama_bench,
                            (scratch / "script.log").string());
    }
    auto const yaml_file = scratch.file("rounds.yaml", yaml);
    auto const script_file = scratch.file("rounds.sh", script);
    auto const lab = [&] {
      ours.push_back(wall_s(std::format(EDGELAB_BIN_DIR "/edgelab run {} --out {} --quiet >/dev/null", yaml_file.string(),
                                        (scratch / "out").string())));
    };
    auto const shell = [&] { theirs.push_back(wall_s(std::format("sh {}", script_file.string()))); };
    if (pair % 2 == 0) {
      lab();
      shell();
    } else {
      shell();
      lab();
    }
    std::println(stderr, "  pair {:2}/{}: {:.2f} s / {:.2f} s", pair + 1, pairs, ours.back(), theirs.back());
  }
  auto const ratio = stats::paired_ratio(ours, theirs);
  std::println("{:44} {:.3f} (95 % {:.3f} to {:.3f})  {} pairs  stated", "wall time of ten rounds, edgelab / llama-bench loop",
               ratio.estimate, (*ratio.ci95)[0], (*ratio.ci95)[1], pairs);
  return 0;
}
