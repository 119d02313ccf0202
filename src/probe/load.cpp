#include "probe/load.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>
#include <string_view>
#include <thread>
#include <vector>

#include "core/clock.hpp"
#include "core/text.hpp"
#include "probe/environment.hpp"
#include "probe/files.hpp"
#include "probe/process_stat.hpp"
#include "probe/temperature.hpp"

namespace edgelab::probe {

namespace {

namespace fs = std::filesystem;

constexpr double worth_naming = 0.05;   // of a core
constexpr std::size_t most_named = 3;

// "cpu MHz : 2700.000", a line a core, where the kernel tells no frequency scaling.
void add_mhz_from_cpuinfo(MachineState& state, fs::path const& root) {
  std::ifstream in(root / "proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    auto const at = line.find(':');
    if (at == std::string::npos || trim(std::string_view(line).substr(0, at)) != "cpu MHz") continue;
    double const mhz = std::atof(line.c_str() + at + 1);
    if (mhz <= 0.0) continue;
    state.mhz_slowest = std::min(state.mhz_slowest.value_or(mhz), mhz);
    state.mhz_fastest = std::max(state.mhz_fastest.value_or(mhz), mhz);
  }
}

}  // namespace

std::optional<CoreTicks> core_ticks(fs::path const& root) {
  auto const line = first_line(root / "proc/stat");
  if (!line || !line->starts_with("cpu ")) return std::nullopt;
  std::istringstream in(line->substr(4));
  std::int64_t user = 0;
  std::int64_t nice = 0;
  std::int64_t system = 0;
  std::int64_t idle = 0;
  std::int64_t waiting = 0;
  std::int64_t irq = 0;
  std::int64_t soft_irq = 0;
  std::int64_t stolen = 0;
  if (!(in >> user >> nice >> system >> idle >> waiting >> irq >> soft_irq >> stolen)) return std::nullopt;
  return CoreTicks{.busy = user + nice + system + irq + soft_irq, .stolen = stolen};
}

CpuUse take_cpu_use(fs::path const& root) {
  CpuUse use;
  if (auto const ticks = core_ticks(root)) {
    use.busy = ticks->busy;
    use.stolen = ticks->stolen;
  }
  for (auto const& folder : numbered(root / "proc", ""))
    if (auto stat = process_stat(folder))
      use.processes.emplace(
          *whole(folder.filename().string()),
          CpuUse::Process{.name = std::move(stat->name), .ticks = stat->ticks, .started = stat->started});
  return use;
}

void add_load(MachineState& state, CpuUse const& before, CpuUse const& after, double seconds, double ticks_per_s,
              std::int64_t self) {
  double const per_core = seconds * ticks_per_s;
  auto const cores = [&](std::int64_t ticks) { return std::max(0.0, static_cast<double>(ticks) / per_core); };
  state.sampled_s = seconds;
  double ours = 0.0;
  for (auto const& [pid, now] : after.processes) {
    auto const found = before.processes.find(pid);
    bool const was_there = found != before.processes.end() && found->second.started == now.started;
    double const used = cores(now.ticks - (was_there ? found->second.ticks : 0));
    if (pid == self)
      ours = used;
    else if (used >= worth_naming)
      state.others.push_back({.name = now.name, .pid = pid, .cores = used});
  }
  std::ranges::sort(state.others, std::greater{}, &ProcessLoad::cores);
  if (state.others.size() > most_named) state.others.resize(most_named);
  if (before.busy && after.busy) state.busy_cores = std::max(0.0, cores(*after.busy - *before.busy) - ours);
  if (before.stolen && after.stolen) state.stolen_cores = cores(*after.stolen - *before.stolen);
}

void add_frequency(MachineState& state, fs::path const& root) {
  auto const mhz = [](fs::path const& file) -> std::optional<double> {
    auto const khz = number_in(file);
    return khz && *khz > 0 ? std::optional(static_cast<double>(*khz) / 1000.0) : std::nullopt;
  };
  std::vector<std::string> governors;
  for (auto const& cpu : numbered(root / "sys/devices/system/cpu", "cpu")) {
    if (auto const governor = first_line(cpu / "cpufreq/scaling_governor");
        governor && !std::ranges::contains(governors, *governor))
      governors.push_back(*governor);
    if (auto const now = mhz(cpu / "cpufreq/scaling_cur_freq")) {
      state.mhz_slowest = std::min(state.mhz_slowest.value_or(*now), *now);
      state.mhz_fastest = std::max(state.mhz_fastest.value_or(*now), *now);
    }
    if (auto const least = mhz(cpu / "cpufreq/cpuinfo_min_freq"))
      state.mhz_min = std::min(state.mhz_min.value_or(*least), *least);
    if (auto const most = mhz(cpu / "cpufreq/cpuinfo_max_freq"))
      state.mhz_max = std::max(state.mhz_max.value_or(*most), *most);
  }
  std::ranges::sort(governors);
  if (!governors.empty()) state.governor = join(governors, ", ");
  if (!state.mhz_fastest) add_mhz_from_cpuinfo(state, root);
  state.temperature_c = hottest_c(temperature_sensors(root));
}

MachineState take_machine_state(double seconds) {
  MachineState state;
  auto const before = take_cpu_use();
  auto const begin = Clock::now();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  auto const after = take_cpu_use();
  double const passed = static_cast<double>(to_ns(Clock::now() - begin)) / 1e9;
  add_load(state, before, after, passed, static_cast<double>(std::max(1L, ::sysconf(_SC_CLK_TCK))), ::getpid());
  add_frequency(state);
  std::vector<double> load(3);
  if (int const known = getloadavg(load.data(), 3); known > 0) {
    load.resize(static_cast<std::size_t>(known));
    state.load_average = load;
  }
  state.logical_cores = cpu_topology().logical_cores;
  return state;
}

}  // namespace edgelab::probe
