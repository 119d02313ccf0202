// How fast the processor's cores run.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace edgelab::probe {

// Where frequencies are read: a file a core (kHz), or /proc/cpuinfo where the kernel sets none and the processor tells its own.
// In most virtual machines it does not, and /proc/cpuinfo then says what the processor is called, not how fast it runs.
struct FrequencySource {
  std::vector<std::filesystem::path> cores;
  std::optional<std::filesystem::path> cpuinfo{};
  std::string why_absent{};  // empty where there is one
};
[[nodiscard]] FrequencySource frequency_source(std::filesystem::path const& root = "/");

// Of the fastest core, in MHz: the ones that work are the fast ones, and idle ones say nothing. Absent where nothing tells.
[[nodiscard]] std::optional<double> fastest_mhz(FrequencySource const& source);

}  // namespace edgelab::probe
