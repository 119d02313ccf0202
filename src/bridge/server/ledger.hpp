// What is really in force in a llama-server: read from its log, its answers, /slots and /props, never from what was asked for.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "types/flags.hpp"
#include "types/protocol.hpp"

namespace edgelab::bridge {

struct Facts {
  std::string log;  // while it loaded
  std::string drafter;  // that was asked for: only then is there something to read of it
  bool elsewhere = true;  // an accelerator or another machine is there to take layers
  std::vector<std::pair<std::string, std::string>> settings{};  // of an answer: generation_settings
  std::string slots{};  // what /slots answered; empty: nothing
  std::string props{};  // and /props
};

// Flags and facts (n-ctx, cpu-variant); "unknown" where none of these tells.
[[nodiscard]] Flags in_force(Facts const& facts);

// As the log says it, with two decimals of a MiB. A draft model's apart.
[[nodiscard]] protocol::Memory memory_use(Facts const& facts);

}  // namespace edgelab::bridge
