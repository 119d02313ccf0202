#include "probe/temperature.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include "probe/files.hpp"

namespace edgelab::probe {

namespace fs = std::filesystem;

namespace {

// Types of thermal zones that measure a processor, by how they begin.
constexpr std::array<std::string_view, 6> zone_types{"x86_pkg_temp", "cpu", "soc", "TCPU", "mtktscpu", "cluster"};
constexpr std::array<std::string_view, 5> chip_names{"coretemp", "k10temp", "zenpower", "cpu_thermal", "scpi_sensors"};

bool is_of_processor(std::string_view zone) {
  return std::ranges::any_of(zone_types, [&](std::string_view begin) { return zone.starts_with(begin); });
}

void add_chips(std::vector<TemperatureSensor>& found, fs::path const& root) {
  for (auto const& chip : numbered(root / "sys/class/hwmon", "hwmon")) {
    auto const name = first_line(chip / "name").value_or("");
    if (!std::ranges::contains(chip_names, name)) continue;
    for (auto const& file : entries_of(chip)) {
      auto const input = file.filename().string();
      if (input.starts_with("temp") && input.ends_with("_input")) found.push_back({name, file});
    }
  }
}

}  // namespace

std::vector<TemperatureSensor> temperature_sensors(fs::path const& root) {
  std::vector<TemperatureSensor> zones;
  for (auto const& zone : numbered(root / "sys/class/thermal", "thermal_zone"))
    zones.push_back({first_line(zone / "type").value_or(""), zone / "temp"});
  std::vector<TemperatureSensor> found;
  std::ranges::copy_if(zones, std::back_inserter(found), is_of_processor, &TemperatureSensor::name);
  if (found.empty()) add_chips(found, root);
  return found.empty() ? zones : found;
}

std::optional<double> hottest_c(std::vector<TemperatureSensor> const& sensors) {
  std::optional<double> hottest;
  for (auto const& sensor : sensors)
    if (auto const millidegrees = number_in(sensor.file); millidegrees && *millidegrees > 0)
      hottest = std::max(hottest.value_or(0.0), static_cast<double>(*millidegrees) / 1000.0);
  return hottest;
}

}  // namespace edgelab::probe
