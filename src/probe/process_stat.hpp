// /proc/PID/stat: one short read that tells what a process is, what it has used, and what it holds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace edgelab::probe {

// Of all threads of the process, ended ones too. `reaped_` is what its children had used that ended and that it waited for,
// with theirs: what a child leaves behind goes there from its own line, so a sum over a whole tree never loses it.
struct ProcessStat {
  std::string name;
  char state = '?';  // R, S, D, T (stopped), Z, ...
  std::int64_t parent = 0;
  std::int64_t ticks = 0;  // CPU time, user and system, in clock ticks
  std::int64_t minor_faults = 0;  // pages that were in memory already
  std::int64_t major_faults = 0;  // pages that had to be read from a disk
  std::int64_t reaped_ticks = 0;
  std::int64_t reaped_minor_faults = 0;
  std::int64_t reaped_major_faults = 0;
  std::int64_t started = 0;  // tells a process from a later one of the same number
  std::int64_t resident_pages = 0;
};

// Of the process whose folder of /proc it is; nullopt where it has ended, or may not be looked at.
[[nodiscard]] std::optional<ProcessStat> process_stat(std::filesystem::path const& folder);

}  // namespace edgelab::probe
