#include "probe/process_memory.hpp"

#include <fstream>
#include <string>
#include <string_view>

#include "probe/files.hpp"

namespace edgelab::probe {

namespace fs = std::filesystem;

namespace {

fs::path folder_of(std::int64_t pid, fs::path const& root) { return root / "proc" / std::to_string(pid); }

bool is_stopped(std::string_view status) { return field_of(status, "State").value_or("").starts_with('T'); }

// The sum of `read`, given the folder and its status, over those that are not stopped and of which it knows.
template <typename Read>
std::optional<std::int64_t> sum_over(std::span<std::int64_t const> pids, fs::path const& root, Read const& read) {
  std::optional<std::int64_t> sum;
  for (auto const pid : pids) {
    auto const folder = folder_of(pid, root);
    auto const status = read_small(folder / "status");
    if (!status || is_stopped(*status)) continue;
    if (std::optional<std::int64_t> const bytes = read(folder, *status)) sum = sum.value_or(0) + *bytes;
  }
  return sum;
}

}  // namespace

std::optional<std::int64_t> pss_bytes(std::span<std::int64_t const> pids, fs::path const& root) {
  return sum_over(pids, root, [](fs::path const& folder, std::string_view /*status*/) -> std::optional<std::int64_t> {
    auto const rollup = read_small(folder / "smaps_rollup");
    return rollup ? kib_of(*rollup, "Pss") : std::nullopt;
  });
}

std::optional<std::int64_t> swap_bytes(std::span<std::int64_t const> pids, fs::path const& root) {
  return sum_over(pids, root,
                  [](fs::path const& /*folder*/, std::string_view status) { return kib_of(status, "VmSwap"); });
}

std::optional<std::int64_t> sum_of_peaks(std::span<std::int64_t const> pids, fs::path const& root) {
  return sum_over(pids, root,
                  [](fs::path const& /*folder*/, std::string_view status) { return kib_of(status, "VmHWM"); });
}

void reset_peaks(std::span<std::int64_t const> pids, fs::path const& root) {
  for (auto const pid : pids) std::ofstream(folder_of(pid, root) / "clear_refs") << "5" << std::flush;
}

}  // namespace edgelab::probe
