// Which sensors this machine has. Looked for once, before a run; read by the sampler.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "probe/energy.hpp"
#include "probe/environment.hpp"
#include "probe/frequency.hpp"
#include "probe/process_tree.hpp"
#include "probe/temperature.hpp"

namespace edgelab::probe {

// How often each is read while a trial runs. What a reading costs is measured by bench/probes; together they take less than a
// thousandth of a core.
inline constexpr int samples_per_s = 4;  // counters of processes and cores, temperature, energy
inline constexpr int slow_samples_per_s = 1;  // frequency, cooling devices, which processes belong to the tree
inline constexpr int memory_samples_per_s = 50;  // in memory trials, which nothing is timed in

struct Sensors {
  std::filesystem::path root;
  Units units;
  std::vector<TemperatureSensor> temperature;
  FrequencySource frequency;
  std::vector<std::filesystem::path> throttling;  // counters
  std::vector<std::filesystem::path> cooling;  // devices
  EnergyMeters energy;
  std::vector<SensorFact> facts;  // a line each, for environment.json
};

// Below `root`; the library is NVIDIA's, or one that stands in for it.
[[nodiscard]] Sensors find_sensors(std::filesystem::path const& root = "/", std::string const& nvml = nvml_library);

}  // namespace edgelab::probe
