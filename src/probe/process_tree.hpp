// A process and everything that it started: which processes these are, and what they have used so far.
//
// A process that is stopped (state T) holds no part of the memory figures: an executor may keep helpers that it does not use
// at the moment stopped, and what they hold is none of the trial's doing. A process that left the tree (its parent ended
// first) is no longer found.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

namespace edgelab::probe {

// The process itself first. Empty where there is no such process. By /proc/PID/task/*/children where the kernel has these
// files, else by looking at the parent of every process, which costs more. Below `root`.
[[nodiscard]] std::vector<std::int64_t> process_tree(std::int64_t pid, std::filesystem::path const& root = "/");

// Sums over a tree. The first three only grow while the tree is whole.
struct TreeUse {
  double cpu_s = 0.0;  // in steps of a clock tick (10 ms) a process
  std::int64_t major_faults = 0;
  std::int64_t minor_faults = 0;
  int processes = 0;  // that are there, stopped ones too
  std::int64_t rss_bytes = 0;  // of those that are not stopped; pages that two of them share count twice
};
struct Units {
  double ticks_per_s = 100.0;
  std::int64_t page_bytes = 4096;
};
[[nodiscard]] Units units_of_this_machine();

// nullopt where none of them can be looked at.
[[nodiscard]] std::optional<TreeUse> tree_use(std::span<std::int64_t const> pids, Units const& units,
                                              std::filesystem::path const& root = "/");

// Context switches of all threads that live now; those of ended threads are lost with them.
struct Switches {
  std::int64_t voluntary = 0;
  std::int64_t involuntary = 0;
};
[[nodiscard]] std::optional<Switches> tree_switches(std::span<std::int64_t const> pids,
                                                    std::filesystem::path const& root = "/");

}  // namespace edgelab::probe
