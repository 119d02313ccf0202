// Files with random damage: each is either an experiment or a list of errors with places inside the file, never a
// crash, never nothing. Seeded, so a failure can be repeated.
#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "spec/prompts.hpp"
#include "spec/samples.hpp"

namespace edgelab::spec {
namespace {

std::string const full = R"(schema: edge-llm-lab/1
name: full
x-flags: &flags {flash-attn: on, extra-args: [a, b]}
models:
  - {id: m, path: m.gguf, draft: d.gguf}
workloads:
  - {id: w, prompt_tokens: [8, 16], output_tokens: 8, count: 3, per_trial: 2, parallel: 2}
  - id: v
    kind: synthetic
    prompt_tokens: [8]
    output_tokens: 8
    arrivals: {kind: trace, times_s: [0.5]}
    sampling: {temperature: 0.5, top_k: 3, top_p: 0.9}
    rounds: [fa, fa+lookup]
executors: [llama, {id: x, kind: exec, command: [y]}]
rounds:
  - {name: fa, flags: {<<: *flags, ctk: q8_0}, versus: [lookup]}
  - {name: lookup, category: speculative, flags: {prompt-lookup: on, draft-p-min: 0.25}}
combine:
  - {of: [fa, lookup], design: full}
sweep:
  - {round: lookup, flag: prompt-lookup-ngram, values: [2, 4]}
protocol: {warmup: 1, blocks: {min: 2, max: 3}, until: {metric: decode_tps, ci95_within: 2%}, time_budget: 10m, seed: 7, trial: {min_seconds: 1, min_tokens: 64, timeout: 5m}, probes: off, cool_down: {before: trial, to_c: 50, within_c: 2, limit: 1m}, sustained: {round: fa, workload: w, time: 10m}}
quality: {reference: fa, checks: [equivalence, kld]}
)";

std::string const prompts = R"({"id": "a", "prompt": "x", "max_tokens": 4, "expected": "y"}
{"id": "b", "messages": [{"role": "user", "content": "z\u00e9"}], "expected": {"k": [1, null]}}
)";

class Damage {
 public:
  explicit Damage(unsigned seed) : random_(seed) {}

  std::string apply(std::string text) {
    auto const times = 1 + below(4);
    for (std::size_t i = 0; i < times && !text.empty(); ++i) one(text);
    return text;
  }

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }

  void one(std::string& text) {
    static std::string const special = "{}[]:,-&*#'\"%@`!|>?\n\t \\\xC3\xFF<~0x";
    auto const at = below(text.size());
    switch (below(6)) {
      case 0: text[at] = special[below(special.size())]; break;
      case 1: text.insert(at, 1, special[below(special.size())]); break;
      case 2: text.erase(at, 1 + below(8)); break;
      case 3: text.resize(at); break;
      case 4: text.insert(below(text.size()), text.substr(at, below(40))); break;
      default: swap_words(text); break;
    }
  }

  // Puts one word of the file in the place of another: right shape, wrong sense.
  void swap_words(std::string& text) {
    auto const word = [&]() -> std::pair<std::size_t, std::size_t> {
      auto begin = below(text.size());
      while (begin > 0 && std::isalnum(static_cast<unsigned char>(text[begin - 1])) != 0) --begin;
      auto end = begin;
      while (end < text.size() && std::isalnum(static_cast<unsigned char>(text[end])) != 0) ++end;
      return {begin, end - begin};
    };
    auto const [from, from_length] = word();
    auto const [to, to_length] = word();
    text.replace(to, to_length, text.substr(from, from_length));
  }

  std::mt19937 random_;   // the same numbers everywhere, unlike the distributions
};

void expect_sound(Diagnostics const& errors, std::string const& text) {
  ASSERT_FALSE(errors.empty()) << text;
  auto const lines = std::ranges::count(text, '\n') + 2;
  for (auto const& error : errors) {
    EXPECT_FALSE(error.message.empty()) << text;
    EXPECT_LE(error.line, lines) << text << error.describe();
    EXPECT_EQ(error.line == 0, error.column == 0) << text << error.describe();
  }
}

TEST(Mutation, ExperimentFiles) {
  ASSERT_FALSE(must_parse(full).rounds.empty());
  int refused = 0;
  for (unsigned seed = 0; seed < 3000; ++seed) {
    auto const text = Damage(seed).apply(full);
    auto const parsed = parse(text, "f.yaml");
    if (parsed) continue;
    ++refused;
    expect_sound(parsed.error(), text);
  }
  EXPECT_GT(refused, 2000);
}

TEST(Mutation, PromptFiles) {
  ASSERT_TRUE(parse_prompts(prompts, "p.jsonl", PromptFormat::jsonl, {}).has_value());
  for (unsigned seed = 0; seed < 5000; ++seed) {
    auto const text = Damage(seed).apply(prompts);
    auto const parsed = parse_prompts(text, "p.jsonl", PromptFormat::jsonl, {});
    if (!parsed) expect_sound(parsed.error(), text);
  }
}

TEST(Mutation, Conversations) {
  constexpr std::string_view talks =
      "[{\"id\": \"x\", \"conversations\": [{\"from\": \"human\", \"value\": \"a\"}, {\"from\": \"gpt\", \"value\": \"b\"}]},\n"
      " {\"messages\": [{\"role\": \"user\", \"content\": \"c\"}]}]\n";
  ASSERT_TRUE(parse_prompts(talks, "p.json", PromptFormat::sharegpt, {}).has_value());
  for (unsigned seed = 0; seed < 5000; ++seed) {
    auto const text = Damage(seed).apply(std::string(talks));
    auto const parsed = parse_prompts(text, "p.json", PromptFormat::sharegpt, {});
    if (!parsed) expect_sound(parsed.error(), text);
  }
}

}  // namespace
}  // namespace edgelab::spec
