#include "bridge/fllama/flags.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <format>
#include <thread>

#include "bridge/fllama/abi.hpp"

namespace edgelab::bridge::fllama {

namespace {

constexpr std::int64_t smallest_context = 512;     // tokens a request
constexpr std::int32_t every_layer = 99;           // as fllama's own callers say it

std::string value_of(Flags const& flags, std::string const& name) {
  auto const found = flags.find(name);
  return found == flags.end() ? std::string{} : found->second;
}

std::unexpected<Refusal> bad_value(std::string const& flag, std::string const& value, std::string const& expected) {
  return refuse("bad-request", std::format("flag '{}' is '{}'; expected {}", flag, value, expected));
}

template <typename Number>
Outcome<void> read(Flags const& flags, std::string const& name, Number minimum, Number& out) {
  auto const text = value_of(flags, name);
  if (text.empty()) return {};
  Number value{};
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !(value >= minimum))
    return bad_value(name, text, std::format("a number from {}", minimum));
  out = value;
  return {};
}

protocol::FlagSupport fixed(std::string value, std::string reason) {
  return {.support = "fixed", .values = {std::move(value)}, .reason = std::move(reason)};
}

protocol::FlagSupport no(std::string reason) { return {.support = "no", .values = {}, .reason = std::move(reason)}; }

}  // namespace

std::map<std::string, protocol::FlagSupport> supported() {
  std::map<std::string, protocol::FlagSupport> flags;
  for (auto const* name : {"threads", "n-gpu-layers", "ctx-size", "model", "draft-model", "draft-max", "draft-p-min"})
    flags[name] = {};
  flags["spec-type"] = {.support = "values",
                        .values = {"none", "draft-mtp"},
                        .reason = "fllama has no other drafter than one of kind MTP"};
  flags["speculative-decoding"] = {
      .support = "values", .values = {"off"}, .reason = "fllama drafts only by spec-type: draft-mtp"};
  constexpr auto inside = "fixed inside fllama";
  flags["kv-cache"] = fixed("on", inside);
  flags["cache-type-k"] = fixed("f16", inside);
  flags["cache-type-v"] = fixed("f16", inside);
  flags["cache-prompt"] = fixed("on", inside);
  flags["cache-reuse"] = fixed("0", inside);
  flags["flash-attn"] = fixed("auto", inside);
  flags["parallel"] = fixed(std::to_string(slots), "fllama always has four slots");
  flags["cont-batching"] = fixed("on", inside);
  flags["batch-size"] = fixed("2048", inside);
  flags["ubatch-size"] = fixed("512", inside);
  flags["threads-batch"] = no("fllama has one number of threads, for prompts and answers alike");
  flags["prompt-lookup"] = no("it is edgelab-llama's own");
  flags["extra-args"] = no("it starts no other program");
  for (auto const* name : {"kv-unified", "swa-full", "cpu-mask", "cpu-range", "prio", "poll", "numa", "draft-min",
                           "split-mode", "main-gpu", "no-kv-offload", "op-offload", "rpc", "load-mode", "repack"})
    flags[name] = no("fllama's interface has no place for it");
  return flags;
}

Outcome<Settings> settings_from(Flags const& flags) {
  Settings settings;
  settings.threads = static_cast<std::int32_t>(std::max(1U, std::thread::hardware_concurrency()));
  if (auto wrong = read(flags, "threads", 1, settings.threads); !wrong) return std::unexpected(wrong.error());
  if (auto const layers = value_of(flags, "n-gpu-layers"); layers == "all" || layers == "auto")
    settings.gpu_layers = every_layer;
  else if (auto wrong = read(flags, "n-gpu-layers", 0, settings.gpu_layers); !wrong)
    return std::unexpected(wrong.error());
  std::int32_t context = 0;
  if (auto wrong = read(flags, "ctx-size", 1, context); !wrong) return std::unexpected(wrong.error());
  if (context > 0) settings.context = context;
  auto const type = value_of(flags, "spec-type");
  if (!type.empty() && type != "none" && type != "draft-mtp")
    return refuse("unsupported", std::format("flag 'spec-type' is '{}', but fllama has only draft-mtp", type));
  settings.drafts = type == "draft-mtp";
  if (!settings.drafts) return settings;
  if (auto wrong = read(flags, "draft-max", 1, settings.draft_max); !wrong) return std::unexpected(wrong.error());
  if (auto wrong = read(flags, "draft-p-min", 0.0F, settings.draft_p_min); !wrong)
    return std::unexpected(wrong.error());
  return settings;
}

std::int32_t context_for(std::int64_t tokens) {
  auto const each = std::bit_ceil(static_cast<std::uint64_t>(std::max(tokens, smallest_context)));
  return static_cast<std::int32_t>(std::min<std::uint64_t>(each, std::uint64_t{1} << 28) * slots);
}

std::optional<Refusal> cannot_be_asked(protocol::Run const& run, protocol::TrialRequest const& request) {
  auto const because = [&](std::string_view kind, std::string_view why) {
    return Refusal{std::string(kind), std::format("request '{}': {}", request.id, why)};
  };
  if (run.temperature > 0.0)
    return because("unsupported", "fllama draws its seed itself, so only temperature 0 can be repeated");
  if (request.ignore_eos) return because("unsupported", "fllama cannot be kept from ending its answer");
  if (request.prompt && request.prompt->contains('\0'))
    return because("bad-request", "fllama takes no prompt with a NUL in it");
  return std::nullopt;
}

std::string configuration(Flags const& flags) { return value_of(flags, "threads"); }

}  // namespace edgelab::bridge::fllama
