// What llama.cpp says of itself in its log, in the words of version 0.7 and, where they differ, of b9553, whichever program it runs in. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "types/flags.hpp"

namespace edgelab::serve::llama_log {

inline constexpr auto unknown = "unknown";

[[nodiscard]] std::vector<std::string> lines_with(std::string_view log, std::string_view part);
// What stands after the first `label` of the last line that has it; "" where none has.
[[nodiscard]] std::string after(std::string_view log, std::string_view label);
[[nodiscard]] std::string up_to(std::string const& text, std::string_view any_of);
[[nodiscard]] std::string on_off(std::string const& text, std::string_view on, std::string_view off);

// Values of flags: "unknown" where the log does not tell.
[[nodiscard]] std::string flash_attention(std::string_view log);          // on | off | unknown
[[nodiscard]] std::string kv_type(std::string_view log, char half);       // half: 'K' or 'V'
[[nodiscard]] std::string load_mode(std::string_view log);
[[nodiscard]] std::string cpu_variant(std::string_view log);

// n-gpu-layers, and as a fact offloadable-layers: so many there are, the output's included. `elsewhere`: an accelerator or another machine
// is there to take them; llama.cpp speaks of offloaded ones as soon as a backend is installed that could bring one.
void add_offload(bool elsewhere, std::string_view log, Flags& flags);

// Sizes stand in the log with two decimals of a MiB: they are that exact.
[[nodiscard]] std::optional<std::int64_t> kv_cache_bytes(std::string_view log);
[[nodiscard]] std::optional<std::int64_t> compute_bytes(std::string_view log);
[[nodiscard]] std::optional<std::int64_t> model_bytes(std::string_view log);

}  // namespace edgelab::serve::llama_log
