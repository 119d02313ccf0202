// The null executor's own flags, and what they are set to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "types/flags.hpp"
#include "types/protocol.hpp"

namespace edgelab::null {

struct Settings {
  double queue_ms = 0.0;
  double ttft_ms = 20.0;
  double tpot_ms = 5.0;
  double speedup = 1.0;
  double noise = 0.0;
  double block_noise = 0.0;
  std::int64_t tokens = 0;
  std::int64_t tokens_per_emission = 1;
  bool real_time = false;
  double early_by_ms = 0.0;
  double clock_rate = 1.0;
  std::string text = "null";
  std::int64_t wrong_token = 0;
  bool leak = false;
};

[[nodiscard]] std::vector<protocol::OwnFlag> own_flags();

// From flags as they arrive: those named "null.x" must be known and in range, all others are none of ours.
[[nodiscard]] Result<Settings> settings_from(Flags const& flags);

// The settings as flags again, every one.
[[nodiscard]] Flags in_force(Settings const& settings);

}  // namespace edgelab::null
