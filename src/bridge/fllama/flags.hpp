// What fllama's interface can express, and what a run's flags are there. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "bridge/backend.hpp"
#include "types/flags.hpp"

namespace edgelab::bridge::fllama {

struct Settings {
  std::int32_t threads = 1;
  std::int32_t gpu_layers = 0;
  std::optional<std::int32_t> context;     // of all slots together; nullopt: what the requests need
  bool drafts = false;                     // with an MTP drafter
  std::int32_t draft_max = 0;
  float draft_p_min = -1.0F;
};

[[nodiscard]] std::map<std::string, protocol::FlagSupport> supported();
// Refuses text that is no value.
[[nodiscard]] Outcome<Settings> settings_from(Flags const& flags);

// The context to ask for, so that a request has `tokens` of its own: fllama gives each a quarter. Coarse, since another size means
// loading the model again.
[[nodiscard]] std::int32_t context_for(std::int64_t tokens);

// What keeps a request from being run as it was asked for, by its id; nullopt: nothing.
[[nodiscard]] std::optional<Refusal> cannot_be_asked(protocol::Run const& run, protocol::TrialRequest const& request);

// The value of `configuration`'s flags, which a process keeps from its first request on, whatever later ones say.
[[nodiscard]] std::string configuration(Flags const& flags);

}  // namespace edgelab::bridge::fllama
