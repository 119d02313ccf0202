// Which cells of a plan may run at the same time: those on different machines.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "types/plan.hpp"

namespace edgelab::plan {

// Of each cell of a plan whether it is meant.
using Cells = std::vector<bool>;

// One machine. Its cells take turns, in the plan's order, since they share its processor. Devices are told apart by their ids alone: a
// hub can be written in several ways, and a device that was two lanes would be taken from each by the other.
struct Lane {
  std::string device;          // of executors of kind remote; empty: this machine
  Cells cells;
  // Whose comparisons end its timed blocks early. A cell's own comparison is with the baseline of its executor, so it lies within
  // its lane. Executors that name each other in `versus` are compared block by block: where one is of another lane, neither lane
  // ends before the comparisons of both are precise (or its blocks are used up), so that they have the blocks in common.
  Cells decisive;
};

// This machine, where it has cells; then devices, in the order of their executors. At least one.
[[nodiscard]] std::vector<Lane> lanes_of(Plan const& plan);

// The place of a cell's lane among them.
[[nodiscard]] std::size_t lane_of(std::vector<Lane> const& lanes, std::size_t cell);

// For people: the device, or "this machine".
[[nodiscard]] std::string name_of(Lane const& lane);

}  // namespace edgelab::plan
