#include "probe/sensors.hpp"

#include <unistd.h>

#include <format>
#include <utility>

#include "core/text.hpp"
#include "probe/files.hpp"
#include "probe/load.hpp"
#include "probe/process_memory.hpp"
#include "probe/throttling.hpp"

namespace edgelab::probe {

namespace fs = std::filesystem;

namespace {

std::string per_second(int times) { return std::format("{}/s", times); }

SensorFact there(std::string name, std::string source, std::string unit, std::string rate) {
  return {.name = std::move(name),
          .source = std::move(source),
          .unit = std::move(unit),
          .rate = std::move(rate),
          .absent = {}};
}

SensorFact absent(std::string name, std::string unit, std::string why) {
  return {.name = std::move(name), .source = {}, .unit = std::move(unit), .rate = {}, .absent = std::move(why)};
}

// What is told of processes is asked of this one: a kernel tells it of all or of none.
void add_process_facts(std::vector<SensorFact>& facts, fs::path const& root) {
  std::vector<std::int64_t> const self{::getpid()};
  auto const processes = (root / "proc/PID").string();
  auto const add = [&](bool known, std::string name, std::string const& file, std::string unit, std::string rate) {
    auto const path = processes + "/" + file;
    facts.push_back(known ? there(std::move(name), path, std::move(unit), std::move(rate))
                          : absent(std::move(name), std::move(unit), path + " is not to be read here"));
  };
  add(tree_use(self, {}, root).has_value(), "CPU time, page faults, resident set", "stat", "s, 1, B",
      per_second(samples_per_s) + "; in memory trials " + per_second(memory_samples_per_s));
  add(tree_switches(self, root).has_value(), "context switches", "task/TID/status", "1", "begin and end");
  add(pss_bytes(self, root).has_value(), "proportional set size", "smaps_rollup", "B",
      "memory trials, at most " + per_second(memory_samples_per_s));
  add(swap_bytes(self, root).has_value(), "swap", "status", "B", "memory trials, " + per_second(memory_samples_per_s));
}

void add_temperature_fact(std::vector<SensorFact>& facts, Sensors const& sensors) {
  if (sensors.temperature.empty()) {
    facts.push_back(absent(
        "temperature", "°C",
        std::format("no thermal zone in {} and no processor's chip in {} that can be read",
                    (sensors.root / "sys/class/thermal").string(), (sensors.root / "sys/class/hwmon").string())));
    return;
  }
  std::vector<std::string> names;
  for (auto const& sensor : sensors.temperature)
    names.push_back(std::format("{} ({})", sensor.file.string(), sensor.name));
  facts.push_back(there("temperature", join(names, ", "), "°C", per_second(samples_per_s)));
}

void add_throttling_fact(std::vector<SensorFact>& facts, Sensors const& sensors) {
  std::vector<std::string> sources;
  std::vector<std::string> rates;
  if (!sensors.throttling.empty()) {
    sources.push_back((sensors.root / "sys/devices/system/cpu/cpuN/thermal_throttle").string());
    rates.emplace_back("begin and end");
  }
  if (!sensors.cooling.empty()) {
    sources.push_back(
        std::format("{} cooling devices in {}", sensors.cooling.size(), (sensors.root / "sys/class/thermal").string()));
    rates.push_back(per_second(slow_samples_per_s));
  }
  facts.push_back(sources.empty()
                      ? absent("throttling", "1", "the kernel counts none, and has no cooling device of the processor")
                      : there("throttling", join(sources, ", "), "1", join(rates, ", ")));
}

}  // namespace

Sensors find_sensors(fs::path const& root, std::string const& nvml) {
  Sensors sensors{.root = root,
                  .units = units_of_this_machine(),
                  .temperature = temperature_sensors(root),
                  .frequency = frequency_source(root),
                  .throttling = throttle_counters(root),
                  .cooling = cooling_devices(root),
                  .energy = EnergyMeters(rapl_meter(root), nvml_meter(nvml), battery_meter(root)),
                  .facts = {}};
  if (!hottest_c(sensors.temperature)) sensors.temperature.clear();    // zones of which none can be read

  auto& facts = sensors.facts;
  add_process_facts(facts, root);
  facts.push_back(core_ticks(root)
                      ? there("load of others", (root / "proc/stat").string(), "cores", per_second(samples_per_s))
                      : absent("load of others", "cores", (root / "proc/stat").string() + " is not to be read here"));
  auto const& frequency = sensors.frequency;
  if (!frequency.why_absent.empty())
    facts.push_back(absent("frequency", "MHz", frequency.why_absent));
  else
    facts.push_back(there("frequency",
                          frequency.cpuinfo ? frequency.cpuinfo->string()
                                            : (root / "sys/devices/system/cpu/cpuN/cpufreq/scaling_cur_freq").string(),
                          "MHz", per_second(slow_samples_per_s)));
  add_temperature_fact(facts, sensors);
  add_throttling_fact(facts, sensors);
  for (auto fact : sensors.energy.facts()) {
    if (!fact.absent) fact.rate = per_second(samples_per_s);
    facts.push_back(std::move(fact));
  }
  return sensors;
}

}  // namespace edgelab::probe
