// Measuring several sides in turns, so that what drifts (heat, clock, other programs) reaches all of them alike.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace edgelab::bench {

// One measurement of one side, in a unit of which more is better. All sides of a turn get the same number, by which they
// choose the same work.
using Measure = std::function<Result<double>(int turn)>;

// Whether a side does its first turn's work once unmeasured before the turns begin. Not for programs that are started
// anew each time: they keep nothing from one time to the next.
enum class WarmUp : std::uint8_t { once, none };

struct Side {
  std::string name;
  Measure measure;
  WarmUp warm_up = WarmUp::once;
};

// What one side did, one value a turn.
struct Column {
  std::string name;
  std::vector<double> values;
};

// All sides in each turn; who goes first, and in which direction it goes on, changes from turn to turn. A line a turn
// goes to standard error. The columns are in the order of the sides.
[[nodiscard]] Result<std::vector<Column>> take_turns(std::string_view title, std::span<Side const> sides, int turns);

}  // namespace edgelab::bench
