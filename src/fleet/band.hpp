// Whether a device may be measured now. Pure.
#pragma once

#include <optional>
#include <string>

#include "fleet/messages.hpp"
#include "types/experiment.hpp"

namespace edgelab::fleet {

// "its battery has 8 %, below 20 %": why it has to wait; nullopt: it need not. What a device does not tell is no reason; one that
// tells its heat only in words is too hot from `serious` on where a temperature is asked for.
[[nodiscard]] std::optional<std::string> outside_of(DeviceBand const& band, Facts const& facts);

}  // namespace edgelab::fleet
