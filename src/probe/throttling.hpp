// Whether the processor was slowed down because of its heat.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace edgelab::probe {

// How often a core or a package was throttled since the machine started; absent where the system does not count it (x86 by
// Intel does). Packages count once, whatever the number of their cores. Below `root`.
[[nodiscard]] std::optional<std::int64_t> throttle_count(std::filesystem::path const& root = "/");

// Files of the cooling devices that slow the processor down (phones and boards have them): 0 where none is at work.
[[nodiscard]] std::vector<std::filesystem::path> cooling_devices(std::filesystem::path const& root = "/");
[[nodiscard]] std::optional<bool> is_cooled(std::vector<std::filesystem::path> const& devices);

}  // namespace edgelab::probe
