// Energy out of made-up counters, batteries and a library that stands in for NVIDIA's.
#include "probe/energy.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <cstdlib>

#include "probe/fake_root.hpp"

namespace edgelab::probe {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

struct Energy : testing::FakeRoot {
  Clock::time_point const start = Clock::now();
  void domain(std::string const& folder, std::string const& name, std::int64_t microjoules,
              std::int64_t range = 0) const {
    auto const path = "sys/class/powercap/" + folder;
    file(path + "/name", name + "\n");
    file(path + "/energy_uj", std::to_string(microjoules) + "\n");
    if (range > 0) file(path + "/max_energy_range_uj", std::to_string(range) + "\n");
  }
  void battery(std::string const& key, std::string const& value) const {
    file("sys/class/power_supply/BAT0/" + key, value + "\n");
  }
  static FoundMeter none() { return {.meter = nullptr, .fact = {}}; }
};

TEST_F(Energy, packages_are_added_and_their_parts_are_not) {
  domain("intel-rapl:0", "package-0", 1'000'000);
  domain("intel-rapl:0:0", "core", 900'000);
  domain("intel-rapl:1", "package-1", 5'000'000);
  domain("intel-rapl:2", "psys", 70'000'000);
  domain("intel-rapl-mmio:0", "package-0", 1'000'000);
  auto const found = rapl_meter(root);
  ASSERT_TRUE(found.meter) << found.fact.absent.value_or("");
  EXPECT_THAT(*found.fact.source, HasSubstr("intel-rapl:1/energy_uj"));
  auto const before = *found.meter->joules(start);
  domain("intel-rapl:0", "package-0", 3'000'000);
  domain("intel-rapl:1", "package-1", 5'500'000);
  domain("intel-rapl:2", "psys", 90'000'000);
  EXPECT_DOUBLE_EQ(*found.meter->joules(start) - before, 2.5);
}

TEST_F(Energy, a_counter_wraps_around) {
  domain("intel-rapl:0", "package-0", 262'143'000'000, 262'143'328'850);
  auto const found = rapl_meter(root);
  auto const before = *found.meter->joules(start);
  domain("intel-rapl:0", "package-0", 671'150, 262'143'328'850);
  EXPECT_DOUBLE_EQ(*found.meter->joules(start) - before, 1.0);
  // One whose range is not told loses what it had before it wrapped, and goes on.
  std::filesystem::remove_all(root / "sys");
  domain("intel-rapl:0", "package-0", 5'000'000);
  auto const unknown = rapl_meter(root);
  auto const first = *unknown.meter->joules(start);
  domain("intel-rapl:0", "package-0", 1'000'000);
  EXPECT_DOUBLE_EQ(*unknown.meter->joules(start), first);
  domain("intel-rapl:0", "package-0", 2'000'000);
  EXPECT_DOUBLE_EQ(*unknown.meter->joules(start) - first, 1.0);
}

TEST_F(Energy, a_counter_that_may_not_be_read_is_absent_and_says_why) {
  domain("intel-rapl:0", "package-0", 1);
  file("sys/class/powercap/intel-rapl:1/name", "package-1\n");
  // A folder in its place cannot be read by anybody, root included.
  std::filesystem::create_directories(root / "sys/class/powercap/intel-rapl:1/energy_uj");
  auto const found = rapl_meter(root);
  EXPECT_FALSE(found.meter);
  EXPECT_THAT(*found.fact.absent, HasSubstr("intel-rapl:1/energy_uj: Is a directory"));
  std::filesystem::remove_all(root / "sys");
  EXPECT_THAT(*rapl_meter(root).fact.absent, HasSubstr("no package"));
}

TEST_F(Energy, a_counter_that_goes_away_is_absent_from_then_on) {
  domain("intel-rapl:0", "package-0", 1);
  auto const found = rapl_meter(root);
  std::filesystem::remove_all(root / "sys");
  EXPECT_FALSE(found.meter->joules(start));
}

TEST_F(Energy, a_battery_that_tells_power_is_integrated) {
  battery("type", "Battery");
  battery("status", "Discharging");
  battery("power_now", "10000000");
  auto const found = battery_meter(root);
  ASSERT_TRUE(found.meter) << found.fact.absent.value_or("");
  EXPECT_DOUBLE_EQ(*found.meter->joules(start), 0.0);
  battery("power_now", "-20000000");    // some drivers tell what leaves it so
  EXPECT_DOUBLE_EQ(*found.meter->joules(start + 2s), 30.0);
  battery("status", "Charging");
  EXPECT_FALSE(found.meter->joules(start + 3s));
}

TEST_F(Energy, a_battery_that_tells_current_and_voltage) {
  battery("type", "Battery");
  battery("status", "Discharging");
  battery("current_now", "500000");
  battery("voltage_now", "4000000");
  auto const found = battery_meter(root);
  ASSERT_TRUE(found.meter);
  EXPECT_DOUBLE_EQ(*found.meter->joules(start), 0.0);
  EXPECT_DOUBLE_EQ(*found.meter->joules(start + 10s), 20.0);
}

TEST_F(Energy, a_battery_that_only_tells_what_is_left) {
  battery("type", "Battery");
  battery("status", "Discharging");
  battery("energy_now", "50000000");
  auto const found = battery_meter(root);
  ASSERT_TRUE(found.meter);
  auto const before = *found.meter->joules(start);
  battery("energy_now", "49000000");    // a watt-hour less
  EXPECT_NEAR(*found.meter->joules(start) - before, 3600.0, 1e-6);
}

TEST_F(Energy, a_battery_on_mains_a_mouse_and_none_at_all_say_why) {
  EXPECT_THAT(*battery_meter(root).fact.absent, HasSubstr("no battery"));
  file("sys/class/power_supply/hid/type", "Battery\n");
  file("sys/class/power_supply/hid/scope", "Device\n");
  file("sys/class/power_supply/hid/status", "Discharging\n");
  file("sys/class/power_supply/hid/power_now", "1\n");
  EXPECT_THAT(*battery_meter(root).fact.absent, HasSubstr("no battery"));
  battery("type", "Battery");
  battery("status", "Full");
  EXPECT_THAT(*battery_meter(root).fact.absent, HasSubstr("not discharging, but 'Full'"));
  battery("status", "Discharging");
  EXPECT_THAT(*battery_meter(root).fact.absent, HasSubstr("tells neither power_now"));
}

TEST_F(Energy, boards_by_a_library_that_stands_in) {
  auto const found = nvml_meter(EDGELAB_FAKE_NVML);
  ASSERT_TRUE(found.meter) << found.fact.absent.value_or("");
  EXPECT_THAT(*found.fact.source, HasSubstr("2 boards"));
  // The first counts 5 J more at each reading, the second only tells 40 W.
  auto const before = *found.meter->joules(start);
  EXPECT_DOUBLE_EQ(*found.meter->joules(start + 2s) - before, 5.0 + 80.0);
}

TEST_F(Energy, a_library_that_does_not_begin_says_so) {
  ::setenv("FAKE_NVML_INIT", "9", 1);
  EXPECT_THAT(*nvml_meter(EDGELAB_FAKE_NVML).fact.absent, HasSubstr("driver is not loaded"));
  ::unsetenv("FAKE_NVML_INIT");
  file("not-a-library.so", "text");
  EXPECT_FALSE(nvml_meter((root / "not-a-library.so").string()).meter);
}

TEST_F(Energy, parts_are_added_and_the_battery_gives_way) {
  domain("intel-rapl:0", "package-0", 1'000'000);
  battery("type", "Battery");
  battery("status", "Discharging");
  battery("power_now", "10000000");
  EnergyMeters both(rapl_meter(root), nvml_meter(EDGELAB_FAKE_NVML), battery_meter(root));
  ASSERT_TRUE(both.any());
  auto const before = *both.joules(start);
  domain("intel-rapl:0", "package-0", 2'000'000);
  EXPECT_DOUBLE_EQ(*both.joules(start + 1s) - before, 1.0 + 5.0 + 40.0);
  EXPECT_THAT(*both.facts()[2].absent, HasSubstr("not used"));

  EnergyMeters alone(none(), none(), battery_meter(root));
  EXPECT_FALSE(alone.facts()[2].absent);
  EXPECT_TRUE(alone.joules(start).has_value());
  EnergyMeters nothing(none(), none(), none());
  EXPECT_FALSE(nothing.any());
  EXPECT_FALSE(nothing.joules(start));
  EXPECT_FALSE(measure_idle(nothing, 0.01));
}

TEST_F(Energy, idle_power_is_energy_over_the_time_that_passed) {
  battery("type", "Battery");
  battery("status", "Discharging");
  battery("power_now", "7500000");
  EnergyMeters meters(none(), none(), battery_meter(root));
  auto const idle = measure_idle(meters, 0.05);
  ASSERT_TRUE(idle);
  EXPECT_GE(idle->seconds, 0.05);
  EXPECT_NEAR(idle->power_w, 7.5, 1e-9);
}

}  // namespace
}  // namespace edgelab::probe
