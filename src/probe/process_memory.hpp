// What a tree of processes holds, beyond what /proc/PID/stat tells: its share of shared pages, its swap, its peaks. Like
// there, a stopped process has no part.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

namespace edgelab::probe {

// Proportional set size: a page that n processes share counts as 1/n. The kernel walks every page table for it, which takes
// some 0.1 ms for 100 MiB and holds up the process's own page faults, so it is not for trials that are timed.
[[nodiscard]] std::optional<std::int64_t> pss_bytes(std::span<std::int64_t const> pids,
                                                    std::filesystem::path const& root = "/");

[[nodiscard]] std::optional<std::int64_t> swap_bytes(std::span<std::int64_t const> pids,
                                                     std::filesystem::path const& root = "/");

// The sum of the processes' peak resident sets (VmHWM) since these were reset: the tree's own peak where it is one process,
// and more than that where its members peaked at different times.
[[nodiscard]] std::optional<std::int64_t> sum_of_peaks(std::span<std::int64_t const> pids,
                                                       std::filesystem::path const& root = "/");
// Stopped ones too: they may go on. A process that may not be written to keeps its peak.
void reset_peaks(std::span<std::int64_t const> pids, std::filesystem::path const& root = "/");

}  // namespace edgelab::probe
