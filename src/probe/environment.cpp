// Facts out of /proc, /sys and uname.
#include "probe/environment.hpp"

#include <sys/utsname.h>

#include <array>
#include <cstdlib>
#include <string>

#include "core/text.hpp"
#include "probe/files.hpp"

namespace edgelab::probe {

namespace {

std::int64_t meminfo_bytes(std::string_view key) {
  auto const text = value_of("/proc/meminfo", key, ':');
  return text ? std::atoll(text->c_str()) * 1024 : 0;
}

std::string os_name() {
  auto name = value_of("/etc/os-release", "PRETTY_NAME", '=').value_or("");
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
  return name;
}

void add_frequency(Cpu& cpu) {
  std::filesystem::path const folder = "/sys/devices/system/cpu/cpu0/cpufreq";
  cpu.governor = first_line(folder / "scaling_governor");
  if (auto const khz = first_line(folder / "cpuinfo_max_freq")) cpu.max_mhz = std::atof(khz->c_str()) / 1000.0;
}

}  // namespace

Environment take_environment() {
  Environment environment;
  environment.taken = utc_now();
  environment.cpu = cpu_topology();
  if (environment.cpu.model.empty()) {
    environment.cpu.model = value_of("/proc/cpuinfo", "model name", ':').value_or("");
  }
  add_frequency(environment.cpu);
  environment.memory = {.total_bytes = meminfo_bytes("MemTotal"),
                        .available_bytes = meminfo_bytes("MemAvailable"),
                        .swap_total_bytes = meminfo_bytes("SwapTotal")};
  environment.os.name = os_name();
  utsname uts{};
  if (uname(&uts) == 0) {
    environment.os.kernel = std::string(uts.sysname) + " " + uts.release;
    environment.os.machine = uts.machine;
  }
  std::array<double, 3> load{};
  if (int const known = getloadavg(load.data(), static_cast<int>(load.size())); known > 0) {
    environment.load_average.assign(load.begin(), load.begin() + known);
  }
  environment.edgelab = build_facts();
  return environment;
}

}  // namespace edgelab::probe
