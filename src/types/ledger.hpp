// Whether a flag was taken as it was asked for. Pure; who looks at files by name does so beside it.
#pragma once

#include <charconv>
#include <optional>
#include <string>

#include "types/flags.hpp"

namespace edgelab::ledger {

// The whole of a text as a number.
[[nodiscard]] inline std::optional<double> number(std::string const& text) {
  double value = 0.0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

[[nodiscard]] inline std::optional<double> number_of(std::string const& flag, Flags const& in_force) {
  auto const found = in_force.find(flag);
  return found == in_force.end() ? std::nullopt : number(found->second);
}

// A batch can be no larger than the context, which is as large as the requests need: one that was cut to the context
// cuts nothing, since no request would have filled it.
[[nodiscard]] inline bool cut_to_context(std::string const& flag, std::string const& asked, Flags const& in_force) {
  if (flag != "batch-size" && flag != "ubatch-size") return false;
  auto const wanted = number(asked);
  auto const actual = number_of(flag, in_force);
  auto const largest = number_of("n-ctx", in_force);
  return wanted && actual && largest && *actual == *largest && *wanted > *largest;
}

// More layers than the model has are all of them: the usual 99.
[[nodiscard]] inline bool every_layer(std::string const& flag, std::string const& asked, Flags const& in_force) {
  if (flag != "n-gpu-layers") return false;
  auto const wanted = number(asked);
  auto const actual = number_of(flag, in_force);
  auto const there = number_of("offloadable-layers", in_force);
  return actual && there && *actual == *there && (asked == "all" || (wanted && *wanted > *there));
}

// Also where nothing tells: `auto` is the executor's to resolve, and what it cannot read back is no contradiction.
[[nodiscard]] inline bool taken(std::string const& flag, std::string const& asked, Flags const& in_force) {
  auto const found = in_force.find(flag);
  if (found == in_force.end() || asked == "auto" || asked == found->second) return true;
  if (found->second == "unknown" || found->second == "opaque") return true;
  auto const wanted = number(asked);
  if (wanted && wanted == number(found->second)) return true;
  return cut_to_context(flag, asked, in_force) || every_layer(flag, asked, in_force);
}

// Values that are models: asked for by id, in force by path.
[[nodiscard]] inline bool names_a_model(std::string const& flag) { return flag == "model" || flag == "draft-model"; }

// By an emulator, on another processor than it is built for: its times are no machine's.
[[nodiscard]] inline bool is_emulated(Flags const& in_force) {
  auto const found = in_force.find("emulated");
  return found != in_force.end() && found->second == "on";
}

}  // namespace edgelab::ledger
