// The machine that a run is on: its sensors, and what is measured of it before the first trial.
#pragma once

#include <memory>

#include "core/result.hpp"
#include "probe/environment.hpp"
#include "probe/sensors.hpp"
#include "runner/runner.hpp"
#include "types/experiment.hpp"

namespace edgelab::app {

// How long the power of the idle machine is measured, where there is a meter.
inline constexpr double idle_s = 3.0;

// Those of this machine. For tests, the environment variables EDGELAB_PROBE_ROOT (a folder with sys and proc in it) and
// EDGELAB_NVML (a library) put others in their place.
[[nodiscard]] std::shared_ptr<probe::Sensors> find_sensors();

// What the protocol asks of sensors that are not there: a run that is to wait for a temperature must be able to read one.
[[nodiscard]] Result<void> can_be_kept(Experiment const& experiment, probe::Sensors const& sensors);

// The sensors' lines; and, unless the protocol switches probes off or only the null executor runs, the processor's temperature,
// the idle machine's power and its memory bandwidth, each where something needs it: up to 4 s.
void add_machine(probe::Environment& environment, Experiment const& experiment, probe::Sensors& sensors);

// As the environment of the run's beginning has it, so that a resumed run goes on with the same.
[[nodiscard]] runner::Machine machine_of(probe::Environment const& begun, std::shared_ptr<probe::Sensors> sensors);

}  // namespace edgelab::app
