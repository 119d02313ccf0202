// The names of the enums as they stand in files, reports and the store, and back.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "types/plan.hpp"
#include "types/trial.hpp"

namespace edgelab {

inline constexpr std::array<std::string_view, 6> status_names{"ok",  "failed",      "timeout",
                                                              "oom", "unsupported", "interrupted"};
inline constexpr std::array<std::string_view, 4> trial_kind_names{"warmup", "memory", "timed", "sustained"};

[[nodiscard]] constexpr std::string_view name_of(Status status) {
  return status_names[static_cast<std::size_t>(status)];
}
[[nodiscard]] constexpr std::string_view name_of(TrialKind kind) {
  return trial_kind_names[static_cast<std::size_t>(kind)];
}

[[nodiscard]] constexpr std::optional<Status> status_from(std::string_view name) {
  for (std::size_t i = 0; i < status_names.size(); ++i)
    if (status_names[i] == name) return static_cast<Status>(i);
  return std::nullopt;
}
[[nodiscard]] constexpr std::optional<TrialKind> trial_kind_from(std::string_view name) {
  for (std::size_t i = 0; i < trial_kind_names.size(); ++i)
    if (trial_kind_names[i] == name) return static_cast<TrialKind>(i);
  return std::nullopt;
}

}  // namespace edgelab
