#include "probe/throttling.hpp"

#include <algorithm>
#include <map>

#include "probe/files.hpp"

namespace edgelab::probe {

namespace fs = std::filesystem;

std::optional<std::int64_t> throttle_count(fs::path const& root) {
  std::optional<std::int64_t> sum;
  std::map<std::int64_t, std::int64_t> by_package;    // each of its cores tells the same
  for (auto const& cpu : numbered(root / "sys/devices/system/cpu", "cpu")) {
    if (auto const count = number_in(cpu / "thermal_throttle/core_throttle_count")) sum = sum.value_or(0) + *count;
    if (auto const count = number_in(cpu / "thermal_throttle/package_throttle_count")) {
      auto& most = by_package[number_in(cpu / "topology/physical_package_id").value_or(0)];
      most = std::max(most, *count);
    }
  }
  for (auto const& [package, count] : by_package) sum = sum.value_or(0) + count;
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
