#include "probe/load.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "core/clock.hpp"
#include "core/text.hpp"
#include "probe/environment.hpp"

namespace edgelab::probe {

namespace {

namespace fs = std::filesystem;

constexpr double worth_naming = 0.05;   // of a core
constexpr std::size_t most_named = 3;

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t value = 0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<std::string> first_line(fs::path const& file) {
  std::ifstream in(file);
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  return std::string(trim(line));
}

std::optional<std::int64_t> number_in(fs::path const& file) {
  auto const line = first_line(file);
  return line ? whole(*line) : std::nullopt;
}

// Folders in `parent` whose names are `prefix` and a number: cpu0, thermal_zone3.
std::vector<fs::path> numbered(fs::path const& parent, std::string_view prefix) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(parent, error), end; !error && it != end; it.increment(error)) {
    auto const name = it->path().filename().string();
    if (name.starts_with(prefix) && whole(std::string_view(name).substr(prefix.size()))) found.push_back(it->path());
  }
  return found;
}

// /proc/PID/stat: the name stands in parentheses and may hold any of them itself, so the last one ends it.
std::optional<CpuUse::Process> process_of(fs::path const& folder) {
  auto const line = first_line(folder / "stat");
  if (!line) return std::nullopt;
  auto const open = line->find('(');
  auto const close = line->rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) return std::nullopt;
  std::istringstream rest(line->substr(close + 1));
  std::vector<std::string> fields(std::istream_iterator<std::string>(rest), {});
  // Counted from 1 for the process id, these are fields 14, 15 and 22.
  constexpr std::size_t user = 11;
  constexpr std::size_t system = 12;
  constexpr std::size_t start = 19;
  if (fields.size() <= start) return std::nullopt;
  auto const ticks = [&](std::size_t field) { return whole(fields[field]).value_or(0); };
  return CpuUse::Process{
      .name = line->substr(open + 1, close - open - 1), .ticks = ticks(user) + ticks(system), .started = ticks(start)};
}

void add_temperature(MachineState& state, fs::path const& root) {
  auto const hottest = [&](fs::path const& file) {
    if (auto const millidegrees = number_in(file); millidegrees && *millidegrees > 0)
      state.temperature_c = std::max(state.temperature_c.value_or(0.0), static_cast<double>(*millidegrees) / 1000.0);
  };
  for (auto const& zone : numbered(root / "sys/class/thermal", "thermal_zone")) hottest(zone / "temp");
  if (state.temperature_c) return;
  for (auto const& chip : numbered(root / "sys/class/hwmon", "hwmon")) {
    auto const name = first_line(chip / "name").value_or("");
    if (name == "coretemp" || name == "k10temp" || name == "cpu_thermal") hottest(chip / "temp1_input");
  }
}

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

CpuUse take_cpu_use(fs::path const& root) {
  CpuUse use;
  std::ifstream in(root / "proc/stat");
  std::string word;
  std::int64_t user = 0;
  std::int64_t nice = 0;
  std::int64_t system = 0;
  std::int64_t idle = 0;
  std::int64_t waiting = 0;
  std::int64_t irq = 0;
  std::int64_t soft_irq = 0;
  std::int64_t stolen = 0;
  if (in >> word >> user >> nice >> system >> idle >> waiting >> irq >> soft_irq >> stolen && word == "cpu") {
    use.busy = user + nice + system + irq + soft_irq;
    use.stolen = stolen;
  }
  for (auto const& folder : numbered(root / "proc", ""))
    if (auto process = process_of(folder))
      use.processes.emplace(*whole(folder.filename().string()), *std::move(process));
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
  add_temperature(state, root);
}

std::optional<std::int64_t> throttle_count(fs::path const& root) {
  std::optional<std::int64_t> sum;
  for (auto const& cpu : numbered(root / "sys/devices/system/cpu", "cpu"))
    if (auto const count = number_in(cpu / "thermal_throttle/core_throttle_count")) sum = sum.value_or(0) + *count;
  return sum;
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
