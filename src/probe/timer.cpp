#include "probe/timer.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "core/clock.hpp"

namespace edgelab::probe {

TimerResolution timer_from(std::span<std::int64_t const> readings_ns) {
  constexpr std::size_t stretch = 100;
  if (readings_ns.size() < 2) return {};
  auto smallest = std::numeric_limits<std::int64_t>::max();
  for (std::size_t i = 1; i < readings_ns.size(); ++i)
    if (auto const step = readings_ns[i] - readings_ns[i - 1]; step > 0) smallest = std::min(smallest, step);
  if (smallest == std::numeric_limits<std::int64_t>::max()) smallest = 0;

  std::vector<double> costs;
  auto const length = std::min(stretch, readings_ns.size() - 1);
  for (std::size_t i = length; i < readings_ns.size(); i += length)
    costs.push_back(static_cast<double>(readings_ns[i] - readings_ns[i - length]) / static_cast<double>(length));
  auto const middle = costs.begin() + static_cast<std::ptrdiff_t>(costs.size() / 2);
  std::ranges::nth_element(costs, middle);
  return {.step_ns = static_cast<double>(smallest), .call_ns = *middle};
}

TimerResolution measure_timer() {
  std::vector<std::int64_t> readings(100'001);
  for (auto& reading : readings) reading = to_ns(Clock::now().time_since_epoch());
  return timer_from(readings);
}

}  // namespace edgelab::probe
