#include "probe/energy.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace edgelab::probe {

double PowerIntegral::add(Clock::time_point now, double watts) {
  if (last_) joules_ += (watts + last_watts_) / 2.0 * std::chrono::duration<double>(now - *last_).count();
  last_ = now;
  last_watts_ = watts;
  return joules_;
}

EnergyMeters::EnergyMeters(FoundMeter rapl, FoundMeter nvml, FoundMeter battery) {
  bool const parts = rapl.meter || nvml.meter;
  if (rapl.meter) meters_.push_back(std::move(rapl.meter));
  if (nvml.meter) meters_.push_back(std::move(nvml.meter));
  if (battery.meter && !parts) meters_.push_back(std::move(battery.meter));
  if (battery.meter) battery.fact.absent = "not used: what it gives is in the other meters already";
  facts_ = {std::move(rapl.fact), std::move(nvml.fact), std::move(battery.fact)};
}

std::optional<double> EnergyMeters::joules(Clock::time_point now) {
  if (meters_.empty()) return std::nullopt;
  double sum = 0.0;
  for (auto const& meter : meters_) {
    auto const part = meter->joules(now);
    if (!part) return std::nullopt;
    sum += *part;
  }
  return sum;
}

std::optional<IdlePower> measure_idle(EnergyMeters& meters, double seconds) {
  using namespace std::chrono_literals;
  auto const begin = Clock::now();
  auto const first = meters.joules(begin);
  if (!first) return std::nullopt;
  auto const until = begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  auto last = first;
  auto end = begin;
  while (end < until) {
    std::this_thread::sleep_for(std::min<Clock::duration>(250ms, until - end));
    end = Clock::now();
    last = meters.joules(end);
    if (!last) return std::nullopt;
  }
  double const passed = std::chrono::duration<double>(end - begin).count();
  return IdlePower{.seconds = passed, .power_w = (*last - *first) / passed};
}

}  // namespace edgelab::probe
