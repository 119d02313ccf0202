// The flag catalogue: the one table that parsing, validation, docs/FLAGS.md, the JSON Schema and the
// capability check come from. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "types/experiment.hpp"
#include "types/flags.hpp"

namespace edgelab::spec {

enum class FlagType : std::uint8_t { on_off, choice, integer, real, text, list };

struct FlagDef {
  std::string_view name;
  FlagType type = FlagType::text;
  std::vector<std::string_view> choices{}; // of choice; of integer: words that stand for a number ("all")
  double minimum = 0.0;                    // of integer and real, inclusive
  double maximum = 0.0;
  bool (*well_formed)(std::string_view) = nullptr;  // of text: where not every text will do
  std::string_view form{};                 // of text: what is expected, "hexadecimal digits"
  std::string_view default_value{};        // canonical; "" is unset: the executor's own choice
  std::string_view default_note{};         // for people, where the default is not one fixed value
  std::string_view category{};
  Scope scope = Scope::request;
  Effect effect = Effect::rounding;
  std::vector<std::string_view> aliases{}; // llama.cpp's other names for it
  std::string_view help{};
};

[[nodiscard]] std::span<FlagDef const> catalogue();

// By name or alias, with or without leading dashes; nullptr when unknown.
[[nodiscard]] FlagDef const* find_flag(std::string_view name);

// All names and aliases, for suggestions.
[[nodiscard]] std::vector<std::string> flag_names();

// "on or off", "one of f16, q8_0", "a whole number from 1 to 1024", ...
[[nodiscard]] std::string expected_value(FlagDef const& flag);

// The value in canonical text (true -> "on", "08" -> "8"), or what was expected instead. A list is a JSON array
// of strings as text; any other text becomes a list of one.
[[nodiscard]] Result<std::string> canonical_value(FlagDef const& flag, std::string_view value);

// All flags: the defaults, overlaid with `asked`. `physical_cores` fills in threads; threads-batch follows threads,
// and ubatch-size shrinks to batch-size, where they are not asked for (as llama.cpp does). Flags of an executor's
// own ("NAME.flag") are kept as asked. Flags that are unset by default and not asked for are left out.
[[nodiscard]] Flags resolve(Flags const& asked, int physical_cores);

// Why llama.cpp refuses this combination (a quantised V cache without FlashAttention, ...); nullopt if it does not.
[[nodiscard]] std::optional<std::string> refusal(Flags const& resolved);

// The same, and why these flags cannot run on this model (drafting without a draft model). What plan::FlagRules
// wants as `refusal`.
[[nodiscard]] std::optional<std::string> refusal(Flags const& resolved, Model const& model);

// docs/FLAGS.md.
[[nodiscard]] std::string render_markdown();

}  // namespace edgelab::spec
