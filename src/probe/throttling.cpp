#include "probe/throttling.hpp"

#include <set>

#include "probe/files.hpp"

namespace edgelab::probe {

namespace fs = std::filesystem;

std::vector<fs::path> throttle_counters(fs::path const& root) {
  std::vector<fs::path> counters;
  std::set<std::int64_t> packages;
  for (auto const& cpu : numbered(root / "sys/devices/system/cpu", "cpu")) {
    auto const folder = cpu / "thermal_throttle";
    if (number_in(folder / "core_throttle_count")) counters.push_back(folder / "core_throttle_count");
    if (number_in(folder / "package_throttle_count") &&
        packages.insert(number_in(cpu / "topology/physical_package_id").value_or(0)).second)
      counters.push_back(folder / "package_throttle_count");
  }
  return counters;
}

std::optional<std::int64_t> throttle_count(std::vector<fs::path> const& counters) {
  std::optional<std::int64_t> sum;
  for (auto const& counter : counters)
    if (auto const count = number_in(counter)) sum = sum.value_or(0) + *count;
  return sum;
}

std::vector<fs::path> cooling_devices(fs::path const& root) {
  std::vector<fs::path> found;
  for (auto const& device : numbered(root / "sys/class/thermal", "cooling_device")) {
    auto const type = first_line(device / "type").value_or("");
    if (type.starts_with("cpufreq") || type.starts_with("thermal-cpufreq") || type == "Processor")
      found.push_back(device / "cur_state");
  }
  return found;
}

std::optional<bool> is_cooled(std::vector<fs::path> const& devices) {
  std::optional<bool> cooled;
  for (auto const& device : devices)
    if (auto const state = number_in(device)) cooled = cooled.value_or(false) || *state > 0;
  return cooled;
}

}  // namespace edgelab::probe
