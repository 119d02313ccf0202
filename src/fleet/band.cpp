#include "fleet/band.hpp"

#include <format>

namespace edgelab::fleet {

std::optional<std::string> outside_of(DeviceBand const& band, Facts const& facts) {
  if (band.min_battery_percent && facts.battery_percent && !facts.charging.value_or(false) &&
      *facts.battery_percent < *band.min_battery_percent)
    return std::format("its battery has {:g} %, below {:g} %", *facts.battery_percent, *band.min_battery_percent);
  if (band.max_temp_c && facts.temperature_c && *facts.temperature_c > *band.max_temp_c)
    return std::format("it has {:g} degrees Celsius, above {:g}", *facts.temperature_c, *band.max_temp_c);
  if (band.max_temp_c && !facts.temperature_c && (facts.thermal == "serious" || facts.thermal == "critical"))
    return std::format("it calls its heat {}", facts.thermal);
  if (band.min_clock_share && facts.clock_share && *facts.clock_share < *band.min_clock_share)
    return std::format("its clock is held at {:.0f} % of the highest, below {:.0f} %", *facts.clock_share * 100.0,
                       *band.min_clock_share * 100.0);
  return std::nullopt;
}

}  // namespace edgelab::fleet
