// Flags as values. What flags exist and mean is the catalogue's business (src/spec).
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace edgelab {

// Flag name without leading dashes -> value in canonical text: "on", "q8_0", "512", "0.5".
// A list (extra-args) is a JSON array as text.
using Flags = std::map<std::string, std::string>;

// What has to be made anew when a flag changes.
enum class Scope : std::uint8_t { model, context, scheduler, request, process };

// What a flag may do to greedy output (docs/FLAGS.md).
enum class Effect : std::uint8_t { exact, rounding, lossy };

}  // namespace edgelab
