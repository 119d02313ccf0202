// Whether the processor was slowed down because of its heat.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace edgelab::probe {

// Files that count how often a core or a package was throttled since the machine started; none where the system does not count
// it (x86 by Intel does). A package has one, though each of its cores tells it. Below `root`.
[[nodiscard]] std::vector<std::filesystem::path> throttle_counters(std::filesystem::path const& root = "/");
// Their sum; absent where none can be read.
[[nodiscard]] std::optional<std::int64_t> throttle_count(std::vector<std::filesystem::path> const& counters);

// Files of the cooling devices that slow the processor down (phones and boards have them): 0 where none is at work.
[[nodiscard]] std::vector<std::filesystem::path> cooling_devices(std::filesystem::path const& root = "/");
[[nodiscard]] std::optional<bool> is_cooled(std::vector<std::filesystem::path> const& devices);

}  // namespace edgelab::probe
