// A battery tells power, or current and voltage, or only what is left in it.
#include <cmath>
#include <cstdint>
#include <format>
#include <utility>

#include "probe/energy.hpp"
#include "probe/files.hpp"

namespace edgelab::probe {

namespace fs = std::filesystem;

namespace {

bool is_discharging(fs::path const& battery) { return first_line(battery / "status") == "Discharging"; }

// In watts. Some drivers give a current that leaves the battery a minus sign.
std::optional<double> power_w(fs::path const& battery) {
  if (auto const microwatts = number_in(battery / "power_now")) return std::abs(static_cast<double>(*microwatts)) / 1e6;
  auto const microamperes = number_in(battery / "current_now");
  auto const microvolts = number_in(battery / "voltage_now");
  if (!microamperes || !microvolts) return std::nullopt;
  return std::abs(static_cast<double>(*microamperes)) * static_cast<double>(*microvolts) / 1e12;
}

class PowerMeter final : public EnergyMeter {
 public:
  explicit PowerMeter(fs::path battery) : battery_(std::move(battery)) {}
  std::optional<double> joules(Clock::time_point now) override {
    if (!is_discharging(battery_)) return std::nullopt;
    auto const watts = power_w(battery_);
    return watts ? std::optional(integral_.add(now, *watts)) : std::nullopt;
  }

 private:
  fs::path battery_;
  PowerIntegral integral_;
};

class LevelMeter final : public EnergyMeter {
 public:
  explicit LevelMeter(fs::path battery) : battery_(std::move(battery)) {}
  std::optional<double> joules(Clock::time_point /*now*/) override {
    if (!is_discharging(battery_)) return std::nullopt;
    constexpr double joules_per_microwatt_hour = 3600.0 / 1e6;
    auto const left = number_in(battery_ / "energy_now");
    return left ? std::optional(-static_cast<double>(*left) * joules_per_microwatt_hour) : std::nullopt;
  }

 private:
  fs::path battery_;
};

}  // namespace

FoundMeter battery_meter(fs::path const& root) {
  FoundMeter found{.meter = nullptr,
                   .fact = {.name = "energy: device (battery)", .source = {}, .unit = "J", .rate = {}, .absent = {}}};
  auto const tree = root / "sys/class/power_supply";
  for (auto const& supply : entries_of(tree)) {
    // A mouse has a battery too, and its scope says so.
    if (first_line(supply / "type") != "Battery" || first_line(supply / "scope") == "Device") continue;
    if (!is_discharging(supply)) {
      found.fact.absent = std::format("{} is not discharging, but '{}'", supply.string(),
                                      first_line(supply / "status").value_or("unknown"));
    } else if (power_w(supply)) {
      found.meter = std::make_unique<PowerMeter>(supply);
    } else if (number_in(supply / "energy_now")) {
      found.meter = std::make_unique<LevelMeter>(supply);
    } else {
      found.fact.absent =
          std::format("{} tells neither power_now, nor current_now and voltage_now, nor energy_now", supply.string());
    }
    if (!found.meter) continue;
    found.fact.source = supply.string();
    found.fact.absent.reset();
    return found;
  }
  if (!found.fact.absent) found.fact.absent = "no battery in " + tree.string();
  return found;
}

}  // namespace edgelab::probe
