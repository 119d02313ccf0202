// Where a run took place. A fact that the system does not tell is absent.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace edgelab::probe {

struct Cache {
  int level = 0;
  std::string kind;              // data | instruction | unified
  std::int64_t bytes = 0;        // of one
  int count = 0;
};

struct Cpu {
  std::string model;
  int physical_cores = 0;
  int logical_cores = 0;
  int usable_cores = 0;          // physical ones that affinity and quota leave to us: the default of `threads`
  std::vector<Cache> caches;
  std::optional<std::string> governor;     // of CPU frequency
  std::optional<double> max_mhz;
};

struct SystemMemory {
  std::int64_t total_bytes = 0;
  std::int64_t available_bytes = 0;        // when the run began
  std::int64_t swap_total_bytes = 0;
};

struct OperatingSystem {
  std::string name;              // "Debian GNU/Linux 14 (forky)"
  std::string kernel;            // "Linux 6.12.0"
  std::string machine;           // "x86_64"
};

// How this program was built.
struct BuildFacts {
  std::string version;
  std::string commit;
  std::string compiler;
  std::string build_type;
};

// What an executor says of itself when greeted.
struct ExecutorFacts {
  std::string id;
  std::string name;
  std::string version;
  std::string library;           // "llama.cpp 0.7.0 (commit)"; empty where there is none
};

struct ModelFacts {
  std::string id;                // "demo", and "demo (draft)" for its draft
  std::string path;
  std::int64_t bytes = 0;
  std::string sha256;
};

// One line a sensor: where it is read and how often, or why it is not there.
struct SensorFact {
  std::string name;                        // "temperature"
  std::optional<std::string> source;       // what is read; absent where nothing is
  std::string unit;
  std::string rate;                        // "4/s", "begin and end"; empty where nothing is read
  std::optional<std::string> absent;       // the reason
};

// What the machine draws while nothing of ours runs.
struct IdlePower {
  double seconds = 0.0;                    // so long it was measured
  double power_w = 0.0;
};

// A triad over arrays that no cache holds: what `mbu` is a share of.
struct MemoryBandwidth {
  double bytes_per_s = 0.0;                // the best of several passes
  std::int64_t array_bytes = 0;            // of each of the three arrays
  int threads = 0;
  int passes = 0;
};

struct Environment {
  std::string schema = "edge-llm-lab/environment/1";
  std::string taken;             // UTC
  Cpu cpu;
  SystemMemory memory;
  OperatingSystem os;
  std::vector<double> load_average;   // over 1, 5 and 15 minutes
  BuildFacts edgelab;
  std::vector<ExecutorFacts> executors;
  std::vector<ModelFacts> models;
  std::vector<SensorFact> sensors;         // empty where the run was not probed
  std::optional<double> temperature_c;     // of the processor, before the first trial
  std::optional<IdlePower> idle;           // before the first trial; absent without an energy meter
  std::optional<MemoryBandwidth> memory_bandwidth;
};

// The machine and the build; executors and models are the caller's to add.
[[nodiscard]] Environment take_environment();

[[nodiscard]] BuildFacts build_facts();

// Topology by hwloc.
[[nodiscard]] Cpu cpu_topology();

// Cores a program may keep busy: physical cores within the affinity of this process, and no more than its
// control group's quota. At least 1.
[[nodiscard]] int usable_physical_cores();

// SHA-256 of a file in lower-case hex, read in pieces.
[[nodiscard]] Result<std::string> sha256_of(std::filesystem::path const& file);

[[nodiscard]] std::string to_json(Environment const& environment);
[[nodiscard]] Result<Environment> from_json(std::string const& json);

}  // namespace edgelab::probe
