#include "app/machine.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

#include "probe/bandwidth.hpp"

namespace edgelab::app {

namespace {

std::string from_environment(char const* variable, char const* otherwise) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this program changes the environment
  char const* const value = std::getenv(variable);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

bool runs_models(Experiment const& experiment) {
  return std::ranges::any_of(experiment.executors,
                             [](ExecutorSpec const& executor) { return executor.kind != "null" && executor.kind != "remote"; });
}

bool is_elsewhere(ExecutorSpec const& executor) { return executor.kind == "remote"; }

// The share of the bandwidth is made with the size of a model.
bool has_a_model_file(Experiment const& experiment) {
  return std::ranges::any_of(experiment.models, [](Model const& model) { return !model.path.empty(); });
}

}  // namespace

std::shared_ptr<probe::Sensors> find_sensors() {
  return std::make_shared<probe::Sensors>(probe::find_sensors(from_environment("EDGELAB_PROBE_ROOT", "/"),
                                                              from_environment("EDGELAB_NVML", probe::nvml_library)));
}

Result<void> can_be_kept(Experiment const& experiment, probe::Sensors const& sensors) {
  if (!experiment.protocol.cool_down) return {};
  if (!experiment.executors.empty() && std::ranges::all_of(experiment.executors, is_elsewhere))
    return fail("protocol.cool_down waits for this machine, and every executor is on a device; a device's own heat is its executor's "
                "`band: {max_temp_c: 60}`");
  if (!sensors.temperature.empty()) return {};
  auto const fact = std::ranges::find(sensors.facts, "temperature", &probe::SensorFact::name);
  auto const why = fact != sensors.facts.end() ? fact->absent.value_or("") : std::string{};
  return fail("protocol.cool_down waits for a temperature, and this machine tells none: " + why +
              "; leave cool_down out to run without");
}

void add_machine(probe::Environment& environment, Experiment const& experiment, probe::Sensors& sensors) {
  environment.temperature_c = probe::hottest_c(sensors.temperature);
  if (!experiment.protocol.probes) return;
  environment.sensors = sensors.facts;
  if (!runs_models(experiment)) return;
  if (sensors.energy.any()) environment.idle = probe::measure_idle(sensors.energy, idle_s);
  if (!has_a_model_file(experiment)) return;
  if (auto const triad = probe::plan_triad(environment.cpu, environment.memory))
    environment.memory_bandwidth = probe::measure_bandwidth(*triad);
}

runner::Machine machine_of(probe::Environment const& begun, std::shared_ptr<probe::Sensors> sensors) {
  runner::Machine machine{.sensors = std::move(sensors), .rates = {}, .start_c = begun.temperature_c};
  if (begun.idle) machine.rates.idle_w = begun.idle->power_w;
  if (begun.memory_bandwidth) machine.rates.memory_bytes_per_s = begun.memory_bandwidth->bytes_per_s;
  return machine;
}

}  // namespace edgelab::app
