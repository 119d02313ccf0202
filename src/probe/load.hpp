// What else a machine is doing, and how fast it runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "types/audit.hpp"

namespace edgelab::probe {

// CPU time used so far, in clock ticks.
struct CpuUse {
  struct Process {
    std::string name;
    std::int64_t ticks = 0;
    std::int64_t started = 0;      // tells a process from a later one of the same number
  };
  std::map<std::int64_t, Process> processes;   // by process id
  std::optional<std::int64_t> busy;            // of all cores: user, nice, system, interrupts
  std::optional<std::int64_t> stolen;          // by a hypervisor
};

// Of all cores and since the machine started, in clock ticks; nullopt where the system does not tell.
struct CoreTicks {
  std::int64_t busy = 0;       // user, nice, system, interrupts
  std::int64_t stolen = 0;     // by a hypervisor
};
[[nodiscard]] std::optional<CoreTicks> core_ticks(std::filesystem::path const& root = "/");

// From /proc below `root`. Processes that end meanwhile, or may not be looked at, are left out.
[[nodiscard]] CpuUse take_cpu_use(std::filesystem::path const& root = "/");

// What others than process `self` used between two of them: fills busy_cores, stolen_cores, others and sampled_s.
// REQUIRES seconds and ticks_per_s above 0.
void add_load(MachineState& state, CpuUse const& before, CpuUse const& after, double seconds, double ticks_per_s,
              std::int64_t self);

// Governor, frequencies and temperature, from /sys and /proc below `root`. What is not told is absent.
void add_frequency(MachineState& state, std::filesystem::path const& root = "/");

// All of it but throttle_events, which takes a longer while. Sleeps for so many seconds.
[[nodiscard]] MachineState take_machine_state(double seconds);

}  // namespace edgelab::probe
