// Temperature of the processor, from the kernel's thermal zones and monitoring chips.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace edgelab::probe {

struct TemperatureSensor {
  std::string name;                    // "x86_pkg_temp", "k10temp"
  std::filesystem::path file;          // of millidegrees Celsius
};

// Those of the processor: zones and chips that name it. Where none does, every thermal zone, since on phones and boards their
// names are the maker's and the hottest one is what throttles. Below `root`.
[[nodiscard]] std::vector<TemperatureSensor> temperature_sensors(std::filesystem::path const& root = "/");

// Of the hottest, in degrees Celsius; absent where none can be read. What reads as 0 or less is a sensor that is off.
[[nodiscard]] std::optional<double> hottest_c(std::vector<TemperatureSensor> const& sensors);

}  // namespace edgelab::probe
