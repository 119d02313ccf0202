#include "fleet/device.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <format>
#include <utility>

#include "probe/bandwidth.hpp"
#include "probe/environment.hpp"
#include "probe/files.hpp"

namespace edgelab::fleet {

namespace {

namespace fs = std::filesystem;

// Of the fastest core: the highest frequency that it may have now, by the highest that it can.
std::optional<double> clock_share(fs::path const& root) {
  std::optional<double> share;
  std::int64_t fastest = 0;
  for (auto const& cpu : probe::entries_of(root / "sys/devices/system/cpu")) {
    auto const limit = probe::number_in(cpu / "cpufreq/scaling_max_freq");
    auto const highest = probe::number_in(cpu / "cpufreq/cpuinfo_max_freq");
    if (!limit || !highest || *highest <= 0 || *highest < fastest) continue;
    auto const own = std::clamp(static_cast<double>(*limit) / static_cast<double>(*highest), 0.0, 1.0);
    share = *highest == fastest ? std::max(share.value_or(0.0), own) : own;
    fastest = *highest;
  }
  return share;
}

void read_battery(fs::path const& root, Facts& facts) {
  for (auto const& supply : probe::entries_of(root / "sys/class/power_supply")) {
    // A mouse has a battery too, and its scope says so.
    if (probe::first_line(supply / "type") != "Battery" || probe::first_line(supply / "scope") == "Device") continue;
    if (auto const percent = probe::number_in(supply / "capacity"))
      facts.battery_percent = static_cast<double>(*percent);
    if (auto const status = probe::first_line(supply / "status"))
      facts.charging = *status == "Charging" || *status == "Full" || *status == "Not charging";
    return;
  }
}

}  // namespace

Machine::Machine(fs::path root) : root_(std::move(root)), temperature_(probe::temperature_sensors(root_)) {
  auto const environment = probe::take_environment();
  fixed_.os = environment.os.name;
  fixed_.cpu = environment.cpu.model;
  fixed_.cores = environment.cpu.physical_cores;
  fixed_.memory_bytes = environment.memory.total_bytes;
}

void Machine::measure() {
  auto const environment = probe::take_environment();
  auto const triad = probe::plan_triad(environment.cpu, environment.memory);
  auto const measured = triad ? probe::measure_bandwidth(*triad) : std::nullopt;
  if (measured) fixed_.bandwidth_gb_per_s = measured->bytes_per_s / 1e9;
}

Facts Machine::now() const {
  auto facts = fixed_;
  facts.temperature_c = probe::hottest_c(temperature_);
  facts.clock_share = clock_share(root_);
  read_battery(root_, facts);
  facts.time_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  return facts;
}

}  // namespace edgelab::fleet
