// Energy that the machine has drawn: meters that only go up. What a trial used is the difference of two readings.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "probe/environment.hpp"

namespace edgelab::probe {

class EnergyMeter {
 public:
  virtual ~EnergyMeter() = default;
  // Joules since some moment, which is the same while the meter is read a few times a second at least; a longer silence may
  // move it. `now` is when it is read, for those that tell power, which is integrated. Absent where nothing can be read, or
  // what is read is not what the machine draws. From one thread at a time.
  [[nodiscard]] virtual std::optional<double> joules(Clock::time_point now) = 0;
};

// Power over time, by trapezoids.
class PowerIntegral {
 public:
  double add(Clock::time_point now, double watts);  // joules so far

 private:
  std::optional<Clock::time_point> last_;
  double last_watts_ = 0.0;
  double joules_ = 0.0;
};

// What was looked for: the meter where there is one, and its line of environment.json in any case.
struct FoundMeter {
  std::unique_ptr<EnergyMeter> meter;  // null: absent, and the fact says why
  SensorFact fact;
};

// The packages of the processor by powercap: Intel's RAPL, and AMD's in the same tree. A package's cores, caches and memory
// controllers are in it; memory modules and the rest of the machine are not. Below `root`.
[[nodiscard]] FoundMeter rapl_meter(std::filesystem::path const& root = "/");

// The whole device, from its battery, while that is discharging.
[[nodiscard]] FoundMeter battery_meter(std::filesystem::path const& root = "/");

// Boards of NVIDIA's, through their management library, which is loaded while the program runs.
inline constexpr char const* nvml_library = "libnvidia-ml.so.1";
[[nodiscard]] FoundMeter nvml_meter(std::string const& library = nvml_library);

// Those that count: package and boards are added up. The battery takes their place where there is neither, since what it
// gives is in it already.
class EnergyMeters {
 public:
  EnergyMeters(FoundMeter rapl, FoundMeter nvml, FoundMeter battery);
  [[nodiscard]] bool any() const { return !meters_.empty(); }
  // The sum; absent where one of them is.
  [[nodiscard]] std::optional<double> joules(Clock::time_point now);
  [[nodiscard]] std::vector<SensorFact> const& facts() const { return facts_; }

 private:
  std::vector<std::unique_ptr<EnergyMeter>> meters_;
  std::vector<SensorFact> facts_;
};

// Mean power while nothing of ours runs: reads the meters for so many seconds. Absent without a meter.
[[nodiscard]] std::optional<IdlePower> measure_idle(EnergyMeters& meters, double seconds);

}  // namespace edgelab::probe
