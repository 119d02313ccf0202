// The one monotonic clock. Every interval in the project is a difference of two of its readings.
#pragma once

#include <chrono>
#include <cstdint>

namespace edgelab {

using Clock = std::chrono::steady_clock;

[[nodiscard]] inline std::int64_t to_ns(Clock::duration duration) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
}

}  // namespace edgelab
