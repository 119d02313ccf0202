// Waiting, between trials, until the processor is cool again.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include "runner/observer.hpp"
#include "types/experiment.hpp"
#include "types/trial.hpp"

namespace edgelab::runner {

// Degrees Celsius now; absent where the sensor does not answer.
using Thermometer = std::function<std::optional<double>()>;

// Whether a wait belongs before this trial: the first that is run of a timed block, or each; and the first of those that are
// repeated for a time.
[[nodiscard]] bool waits_before(CoolDown const& rule, PlannedTrial const& planned, bool first_of_block);

// Waits until the temperature is at most `target_c`, the limit is over, or a stop is requested (which ends it at once). What
// was waited; absent where it was cool enough, where no temperature is told, or where it was stopped.
[[nodiscard]] std::optional<CoolDownWait> cool_down(CoolDown const& rule, double target_c, PlannedTrial const& before,
                                                    Thermometer const& thermometer, Observer& observer,
                                                    std::stop_token const& stop);

}  // namespace edgelab::runner
