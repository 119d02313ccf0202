// Combinations that cannot run, told before anything runs.
#include <algorithm>
#include <array>
#include <format>

#include "spec/catalogue.hpp"
#include "spec/numbers.hpp"

namespace edgelab::spec {

namespace {

std::string_view value_of(Flags const& flags, std::string_view name) {
  auto const found = flags.find(std::string(name));
  if (found != flags.end()) return found->second;
  auto const* const flag = find_flag(name);
  return flag != nullptr ? flag->default_value : std::string_view{};
}

double number_of(Flags const& flags, std::string_view name) {
  return parse_real(value_of(flags, name)).value_or(0.0);
}

bool is_quantised(std::string_view kv_type) {
  constexpr std::array<std::string_view, 3> plain{"f32", "f16", "bf16"};
  return !std::ranges::contains(plain, kv_type);
}

}  // namespace

std::optional<std::string> refusal(Flags const& resolved) {
  auto const v_type = value_of(resolved, "cache-type-v");
  if (is_quantised(v_type) && value_of(resolved, "flash-attn") == "off") {
    return std::format("cache-type-v {} needs flash-attn on: llama.cpp has no quantised V cache without FlashAttention",
                       v_type);
  }
  bool const no_cache = value_of(resolved, "kv-cache") == "off";
  if (no_cache && value_of(resolved, "cache-prompt") == "on") {
    return "cache-prompt on needs kv-cache on: without a cache there is no prefix to keep";
  }
  if (number_of(resolved, "cache-reuse") > 0 && value_of(resolved, "cache-prompt") == "off") {
    return "cache-reuse needs cache-prompt on: it reuses what that keeps";
  }
  auto const speculation = value_of(resolved, "speculative-decoding");
  bool const looks_up = value_of(resolved, "prompt-lookup") == "on";
  if (no_cache && (looks_up || speculation != "off")) {
    return std::format("{} needs kv-cache on: a draft is verified after what the cache holds",
                       looks_up ? "prompt-lookup" : "speculative-decoding");
  }
  if (value_of(resolved, "draft-model") == "none" && speculation == "draft") {
    return "speculative-decoding draft needs a draft model, and draft-model is none";
  }
  if (value_of(resolved, "draft-model") == "none" && speculation == "adaptive" && !looks_up) {
    return "speculative-decoding adaptive has nothing to adapt: draft-model is none and prompt-lookup is off";
  }
  if (number_of(resolved, "ubatch-size") > number_of(resolved, "batch-size")) {
    return std::format("ubatch-size {} is more than batch-size {}: llama.cpp would cut it down",
                       value_of(resolved, "ubatch-size"), value_of(resolved, "batch-size"));
  }
  if (number_of(resolved, "draft-min") > number_of(resolved, "draft-max")) {
    return std::format("draft-min {} is more than draft-max {}: no draft would ever be verified",
                       value_of(resolved, "draft-min"), value_of(resolved, "draft-max"));
  }
  return std::nullopt;
}

std::optional<std::string> refusal(Flags const& resolved, Model const& model) {
  if (auto reason = refusal(resolved)) return reason;
  auto const speculation = value_of(resolved, "speculative-decoding");
  bool const lookup_will_do = speculation == "adaptive" && value_of(resolved, "prompt-lookup") == "on";
  if (speculation != "off" && !lookup_will_do && !model.draft && !resolved.contains("draft-model")) {
    return std::format("speculative-decoding {} needs a draft model: model '{}' names none (`draft:`), and draft-model "
                       "is not set",
                       speculation, model.id);
  }
  return std::nullopt;
}

}  // namespace edgelab::spec
