#include "spec/catalogue.hpp"

#include <algorithm>
#include <charconv>

namespace edgelab::spec {

namespace {

bool is_hexadecimal(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

bool is_number(std::string_view text, int maximum) {
  int value = -1;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value >= 0 && value <= maximum;
}

bool is_cpu_range(std::string_view text) {
  auto const dash = text.find('-');
  return dash != std::string_view::npos && is_number(text.substr(0, dash), 65535) &&
         is_number(text.substr(dash + 1), 65535);
}

bool is_host_list(std::string_view text) {
  while (true) {
    auto const comma = text.find(',');
    auto const entry = text.substr(0, comma);
    auto const colon = entry.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    if (!is_number(entry.substr(colon + 1), 65535)) return false;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

constexpr auto caching = "caching";
constexpr auto parallelization = "parallelization";
constexpr auto speculative = "speculative";
constexpr auto hardware = "hardware";
constexpr auto memory = "memory";

std::vector<std::string_view> const kv_types{"f32",  "f16",  "bf16", "q8_0", "q5_1",
                                             "q5_0", "q4_1", "q4_0", "iq4_nl"};

// In the order of docs/FLAGS.md: by category, within one by importance.
std::vector<FlagDef> make_catalogue() {
  using enum FlagType;
  return {
      {.name = "kv-cache", .type = on_off, .default_value = "on", .category = caching,
       .scope = Scope::request, .effect = Effect::rounding,
       .help = "Keep the keys and values of earlier tokens. Off: the whole context is computed again for each token, "
               "which shows what the cache is worth."},
      {.name = "cache-type-k", .type = choice, .choices = kv_types, .default_value = "f16", .category = caching,
       .scope = Scope::context, .effect = Effect::lossy, .aliases = {"ctk"},
       .help = "Type of the K half of the KV cache."},
      {.name = "cache-type-v", .type = choice, .choices = kv_types, .default_value = "f16", .category = caching,
       .scope = Scope::context, .effect = Effect::lossy, .aliases = {"ctv"},
       .help = "Type of the V half of the KV cache. A quantised one needs flash-attn."},
      {.name = "cache-prompt", .type = on_off, .default_value = "off", .category = caching,
       .scope = Scope::request, .effect = Effect::rounding,
       .help = "Keep the longest common prefix of the prompt from one request to the next."},
      {.name = "cache-reuse", .type = integer, .minimum = 0, .maximum = 1'000'000, .default_value = "0",
       .category = caching, .scope = Scope::request, .effect = Effect::lossy,
       .help = "Reuse chunks of at least so many tokens by shifting them; 0 is never. Needs cache-prompt."},
      {.name = "kv-unified", .type = choice, .choices = {"on", "off", "auto"}, .default_value = "auto",
       .category = caching, .scope = Scope::context, .effect = Effect::rounding, .aliases = {"kvu"},
       .help = "One KV buffer for all sequences. auto: on where several slots share prefixes or draft; recorded with what "
               "it became."},
      {.name = "ctx-size", .type = integer, .minimum = 1, .maximum = 16'777'216,
       .default_note = "what the requests need", .category = caching, .scope = Scope::context, .effect = Effect::exact,
       .aliases = {"c"},
       .help = "Cells of the KV cache, of all slots together. A request that outgrows its part fails."},
      {.name = "swa-full", .type = on_off, .default_value = "off", .category = caching,
       .scope = Scope::context, .effect = Effect::rounding,
       .help = "A full-size cache for sliding-window attention layers."},

      {.name = "flash-attn", .type = choice, .choices = {"on", "off", "auto"}, .default_value = "off",
       .category = parallelization, .scope = Scope::context, .effect = Effect::rounding, .aliases = {"fa"},
       .help = "FlashAttention: attention in tiles, never the whole matrix. auto is recorded with what it became."},
      {.name = "cont-batching", .type = on_off, .default_value = "off", .category = parallelization,
       .scope = Scope::scheduler, .effect = Effect::rounding, .aliases = {"cb"},
       .help = "A waiting request is admitted as soon as a slot is free. Off: a batch is admitted together and ends "
               "together. Shows with parallel above 1."},
      {.name = "parallel", .type = integer, .minimum = 1, .maximum = 1024, .default_value = "1",
       .category = parallelization, .scope = Scope::context, .effect = Effect::rounding, .aliases = {"np"},
       .help = "Slots: requests that are decoded together."},
      {.name = "batch-size", .type = integer, .minimum = 1, .maximum = 1'048'576, .default_value = "2048",
       .category = parallelization, .scope = Scope::context, .effect = Effect::rounding, .aliases = {"b"},
       .help = "Tokens handed to the model at once, at most."},
      {.name = "ubatch-size", .type = integer, .minimum = 1, .maximum = 1'048'576, .default_value = "512",
       .default_note = "512, or batch-size where that is less",
       .category = parallelization, .scope = Scope::context, .effect = Effect::rounding, .aliases = {"ub"},
       .help = "Tokens computed at once, at most."},
      {.name = "threads", .type = integer, .minimum = 1, .maximum = 1024, .default_note = "physical cores",
       .category = parallelization, .scope = Scope::context, .effect = Effect::rounding, .aliases = {"t"},
       .help = "CPU threads while generating. Exact without flash-attn."},
      {.name = "threads-batch", .type = integer, .minimum = 1, .maximum = 1024, .default_note = "as threads",
       .category = parallelization, .scope = Scope::context, .effect = Effect::rounding, .aliases = {"tb"},
       .help = "CPU threads while reading a prompt. Exact without flash-attn."},
      {.name = "cpu-mask", .type = text, .well_formed = is_hexadecimal, .form = "hexadecimal digits, e.g. f0",
       .category = parallelization, .scope = Scope::context, .effect = Effect::exact, .aliases = {"C"},
       .help = "CPUs that the threads may run on, as a mask."},
      {.name = "cpu-range", .type = text, .well_formed = is_cpu_range, .form = "a range of CPUs, e.g. 0-3",
       .category = parallelization, .scope = Scope::context, .effect = Effect::exact, .aliases = {"Cr"},
       .help = "CPUs that the threads may run on, as a range."},
      {.name = "prio", .type = integer, .minimum = -1, .maximum = 3, .category = parallelization,
       .scope = Scope::context, .effect = Effect::exact,
       .help = "Priority of the threads: -1 low, 0 normal, 1 medium, 2 high, 3 real time."},
      {.name = "poll", .type = integer, .minimum = 0, .maximum = 100, .category = parallelization,
       .scope = Scope::context, .effect = Effect::exact,
       .help = "How eagerly waiting threads poll: 0 sleeps, 100 spins."},
      {.name = "numa", .type = choice, .choices = {"distribute", "isolate", "numactl"}, .category = parallelization,
       .scope = Scope::context, .effect = Effect::exact, .help = "Placement on machines with several memory nodes."},

      {.name = "prompt-lookup", .type = on_off, .default_value = "off", .category = speculative,
       .scope = Scope::request, .effect = Effect::rounding,
       .help = "Draft by looking up the last tokens in the text so far; no second model."},
      {.name = "prompt-lookup-ngram", .type = integer, .minimum = 1, .maximum = 64, .default_value = "3",
       .category = speculative, .scope = Scope::request, .effect = Effect::rounding,
       .help = "The longest n-gram that prompt-lookup matches."},
      {.name = "prompt-lookup-min", .type = integer, .minimum = 1, .maximum = 64, .default_value = "2",
       .category = speculative, .scope = Scope::request, .effect = Effect::rounding,
       .help = "The shortest n-gram that prompt-lookup matches; no more than prompt-lookup-ngram. One token alone is "
               "often found where something else follows it."},
      {.name = "speculative-decoding", .type = choice, .choices = {"off", "draft", "adaptive"}, .default_value = "off",
       .category = speculative, .scope = Scope::context, .effect = Effect::rounding,
       .help = "Draft with a smaller model, verify with the target. adaptive: drafts, looked up ones too, are as long as pays "
               "by what was accepted and what passes cost, down to none."},
      {.name = "draft-model", .type = text, .form = "the id of a model of this file, a path, or none",
       .default_note = "the model's `draft`", .category = speculative, .scope = Scope::context,
       .effect = Effect::rounding, .aliases = {"model-draft", "spec-draft-model", "md"},
       .help = "The model that drafts. It needs the same vocabulary. none: adaptive drafts by prompt-lookup alone."},
      {.name = "draft-max", .type = integer, .minimum = 1, .maximum = 1024, .default_value = "8",
       .category = speculative, .scope = Scope::request, .effect = Effect::rounding,
       .aliases = {"spec-draft-n-max", "draft-n"}, .help = "Tokens drafted at once, at most."},
      {.name = "draft-min", .type = integer, .minimum = 0, .maximum = 1024, .default_value = "0",
       .category = speculative, .scope = Scope::request, .effect = Effect::rounding,
       .aliases = {"spec-draft-n-min", "draft-n-min"}, .help = "A shorter draft than this is not verified."},
      {.name = "draft-p-min", .type = real, .minimum = 0, .maximum = 1, .default_value = "0.5",
       .category = speculative, .scope = Scope::request, .effect = Effect::rounding,
       .aliases = {"spec-draft-p-min"}, .help = "Drafting ends at the first token that the draft model gives less, among its ten likeliest."},
      {.name = "spec-type", .type = choice,
       .choices = {"none", "draft-simple", "draft-eagle3", "draft-mtp", "draft-dflash", "draft-dspark",
                   "ngram-simple", "ngram-map-k", "ngram-map-k4v", "ngram-mod", "ngram-cache"},
       .default_value = "none", .category = speculative, .scope = Scope::process, .effect = Effect::rounding,
       .help = "llama-server's own drafters, by their names there."},

      {.name = "n-gpu-layers", .type = integer, .choices = {"auto", "all"}, .minimum = 0, .maximum = 100'000,
       .default_value = "0", .category = hardware, .scope = Scope::model, .effect = Effect::rounding,
       .aliases = {"ngl", "gpu-layers"}, .help = "Layers on the accelerator."},
      {.name = "split-mode", .type = choice, .choices = {"none", "layer", "row", "tensor"}, .default_value = "layer",
       .category = hardware, .scope = Scope::model, .effect = Effect::rounding, .aliases = {"sm"},
       .help = "How the model is divided among several accelerators."},
      {.name = "main-gpu", .type = integer, .minimum = 0, .maximum = 255, .default_value = "0", .category = hardware,
       .scope = Scope::model, .effect = Effect::rounding, .aliases = {"mg"},
       .help = "The accelerator for what is not divided."},
      {.name = "no-kv-offload", .type = on_off, .default_value = "off", .category = hardware,
       .scope = Scope::context, .effect = Effect::rounding, .aliases = {"nkvo"},
       .help = "Keep the KV cache in main memory even for layers on the accelerator."},
      {.name = "op-offload", .type = on_off, .default_value = "off", .category = hardware,
       .scope = Scope::context, .effect = Effect::rounding,
       .help = "Large operations of layers in main memory run on the accelerator."},
      {.name = "rpc", .type = text, .well_formed = is_host_list, .form = "host:port, several with commas between",
       .category = hardware, .scope = Scope::model, .effect = Effect::rounding,
       .help = "Layers on other machines, by ggml's RPC backend: as many as n-gpu-layers says."},

      {.name = "load-mode", .type = choice, .choices = {"auto", "none", "mmap", "mlock", "mmap+mlock", "dio"},
       .default_value = "auto", .category = memory, .scope = Scope::model, .effect = Effect::exact, .aliases = {"lm"},
       .help = "How the model's file comes into memory. auto is mmap where the device supports it."},
      {.name = "repack", .type = on_off, .default_value = "on", .category = memory, .scope = Scope::model,
       .effect = Effect::rounding, .help = "Weights are laid out anew for this CPU when they are loaded."},

      {.name = "model", .type = text, .form = "the id of a model of this file", .default_note = "the cell's model",
       .category = "quantization", .scope = Scope::model, .effect = Effect::lossy,
       .help = "Another entry of `models` instead of the cell's own, e.g. the same with other weight types."},

      {.name = "extra-args", .type = list, .default_value = "[]", .category = "custom", .scope = Scope::process,
       .effect = Effect::lossy,
       .help = "Handed as they are to the program that an executor starts (llama-server, exec)."},
  };
}

}  // namespace

std::span<FlagDef const> catalogue() {
  static auto const flags = make_catalogue();
  return flags;
}

FlagDef const* find_flag(std::string_view name) {
  for (int dash = 0; dash < 2 && name.starts_with('-'); ++dash) name.remove_prefix(1);
  for (auto const& flag : catalogue()) {
    if (flag.name == name || std::ranges::contains(flag.aliases, name)) return &flag;
  }
  return nullptr;
}

std::vector<std::string> flag_names() {
  std::vector<std::string> names;
  for (auto const& flag : catalogue()) {
    names.emplace_back(flag.name);
    for (auto const alias : flag.aliases) names.emplace_back(alias);
  }
  return names;
}

Flags resolve(Flags const& asked, int physical_cores) {
  Flags resolved = asked;
  for (auto const& flag : catalogue()) {
    if (!flag.default_value.empty()) resolved.try_emplace(std::string(flag.name), flag.default_value);
  }
  resolved.try_emplace("threads", std::to_string(physical_cores));
  resolved.try_emplace("threads-batch", resolved.at("threads"));
  if (!asked.contains("ubatch-size") && std::stol(resolved.at("batch-size")) < std::stol(resolved.at("ubatch-size"))) {
    resolved["ubatch-size"] = resolved.at("batch-size");
  }
  return resolved;
}

}  // namespace edgelab::spec
