// What the catalogue says that flags may do to output.
#pragma once

#include <optional>
#include <string>

#include "types/flags.hpp"

namespace edgelab::runner {

// Nullopt: a flag that the catalogue does not know, an executor's own.
[[nodiscard]] std::optional<Effect> effect_of(std::string const& flag);

}  // namespace edgelab::runner
