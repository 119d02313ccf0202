// How finely the steady clock can be read, and what a reading costs.
#pragma once

#include <cstdint>
#include <span>

#include "types/audit.hpp"

namespace edgelab::probe {

// From readings of one clock, one after the other, in nanoseconds: the smallest step that was seen, and the median of the
// time a reading takes over stretches of 100 (a thread that is put aside meanwhile spoils one of them). Zeros below two
// readings, and a step of 0 where the clock never moved.
[[nodiscard]] TimerResolution timer_from(std::span<std::int64_t const> readings_ns);

// Reads the steady clock some 100,000 times: a few milliseconds.
[[nodiscard]] TimerResolution measure_timer();

}  // namespace edgelab::probe
