// Which sensors are found in made-up trees, what they tell, and what is said of those that are not there.
#include "probe/sensors.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "probe/fake_root.hpp"
#include "probe/frequency.hpp"
#include "probe/temperature.hpp"
#include "probe/throttling.hpp"

namespace edgelab::probe {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

struct SensorsTest : testing::FakeRoot {
  std::string const no_library = (root / "no-such-library.so").string();
  SensorFact fact(Sensors const& sensors, std::string_view name) const {
    auto const found = std::ranges::find_if(sensors.facts, [&](auto const& f) { return f.name.starts_with(name); });
    EXPECT_NE(found, sensors.facts.end()) << name;
    return found == sensors.facts.end() ? SensorFact{} : *found;
  }
  void zone(int number, std::string const& type, std::string const& temp) const {
    auto const folder = "sys/class/thermal/thermal_zone" + std::to_string(number);
    file(folder + "/type", type + "\n");
    file(folder + "/temp", temp + "\n");
  }
};

TEST_F(SensorsTest, the_processors_zone_counts_where_there_is_one) {
  zone(0, "acpitz", "90000");
  zone(1, "x86_pkg_temp", "61500");
  EXPECT_EQ(hottest_c(temperature_sensors(root)), 61.5);
}

TEST_F(SensorsTest, chips_where_no_zone_is_the_processors) {
  zone(0, "acpitz", "90000");
  file("sys/class/hwmon/hwmon0/name", "nvme\n");
  file("sys/class/hwmon/hwmon0/temp1_input", "99000\n");
  file("sys/class/hwmon/hwmon1/name", "k10temp\n");
  file("sys/class/hwmon/hwmon1/temp1_input", "50000\n");
  file("sys/class/hwmon/hwmon1/temp3_input", "57250\n");
  file("sys/class/hwmon/hwmon1/temp3_crit", "97250\n");
  auto const sensors = temperature_sensors(root);
  EXPECT_THAT(sensors, SizeIs(2));
  EXPECT_EQ(hottest_c(sensors), 57.25);
}

TEST_F(SensorsTest, any_zone_where_nothing_is_named_after_the_processor) {
  zone(0, "maker-0", "41000");
  zone(1, "maker-1", "-274000");    // switched off
  EXPECT_EQ(hottest_c(temperature_sensors(root)), 41.0);
}

TEST_F(SensorsTest, frequency_from_the_kernel_else_from_a_processor_that_tells_its_own) {
  file("proc/cpuinfo", "flags : fpu aperfmperf sse\ncpu MHz : 2700.5\nflags : x\ncpu MHz : 3100.25\n");
  EXPECT_EQ(fastest_mhz(frequency_source(root)), 3100.25);
  file("sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "800000\n");
  file("sys/devices/system/cpu/cpu1/cpufreq/scaling_cur_freq", "2100000\n");
  EXPECT_EQ(fastest_mhz(frequency_source(root)), 2100.0);
}

TEST_F(SensorsTest, a_nominal_frequency_is_none) {
  file("proc/cpuinfo", "flags : fpu sse\ncpu MHz : 2700.5\n");
  auto const source = frequency_source(root);
  EXPECT_FALSE(fastest_mhz(source));
  EXPECT_THAT(source.why_absent, HasSubstr("does not tell"));
}

TEST_F(SensorsTest, a_package_is_throttled_once_whatever_its_cores) {
  for (int cpu = 0; cpu < 4; ++cpu) {
    auto const folder = "sys/devices/system/cpu/cpu" + std::to_string(cpu);
    file(folder + "/thermal_throttle/core_throttle_count", std::to_string(cpu) + "\n");
    file(folder + "/thermal_throttle/package_throttle_count", cpu < 2 ? "10\n" : "20\n");
    file(folder + "/topology/physical_package_id", cpu < 2 ? "0\n" : "1\n");
  }
  EXPECT_EQ(throttle_count(throttle_counters(root)), 0 + 1 + 2 + 3 + 10 + 20);
}

TEST_F(SensorsTest, cooling_devices_of_the_processor_alone) {
  EXPECT_FALSE(is_cooled(cooling_devices(root)));
  auto const device = [&](int number, std::string const& type, std::string const& state) {
    auto const folder = "sys/class/thermal/cooling_device" + std::to_string(number);
    file(folder + "/type", type + "\n");
    file(folder + "/cur_state", state + "\n");
  };
  device(0, "pwm-fan", "3");
  device(1, "cpufreq-cpu0", "0");
  device(2, "cpufreq-cpu4", "0");
  EXPECT_EQ(is_cooled(cooling_devices(root)), false);
  device(2, "cpufreq-cpu4", "2");
  EXPECT_EQ(is_cooled(cooling_devices(root)), true);
}

TEST_F(SensorsTest, an_empty_machine_has_a_line_and_a_reason_for_each) {
  auto const sensors = find_sensors(root, no_library);
  EXPECT_TRUE(sensors.temperature.empty());
  EXPECT_FALSE(sensors.energy.any());
  EXPECT_THAT(sensors.facts, SizeIs(11));
  for (auto const& fact : sensors.facts) {
    ASSERT_TRUE(fact.absent.has_value()) << fact.name;
    EXPECT_FALSE(fact.absent->empty()) << fact.name;
    EXPECT_FALSE(fact.source) << fact.name;
    EXPECT_TRUE(fact.rate.empty()) << fact.name;
    EXPECT_FALSE(fact.unit.empty()) << fact.name;
  }
  EXPECT_THAT(*fact(sensors, "energy: boards").absent, HasSubstr("no-such-library.so is not here"));
}

TEST_F(SensorsTest, what_is_there_has_its_source_and_rate) {
  zone(0, "cpu-thermal", "41000");
  file("proc/stat", "cpu  1 2 3 4 5 6 7 8 9 10\n");
  file("sys/class/powercap/intel-rapl:0/name", "package-0\n");
  file("sys/class/powercap/intel-rapl:0/energy_uj", "1000\n");
  auto const sensors = find_sensors(root, no_library);
  auto const temperature = fact(sensors, "temperature");
  EXPECT_FALSE(temperature.absent);
  EXPECT_THAT(*temperature.source, HasSubstr("thermal_zone0/temp (cpu-thermal)"));
  EXPECT_EQ(temperature.rate, "4/s");
  EXPECT_EQ(fact(sensors, "energy: processor").rate, "4/s");
  EXPECT_EQ(*fact(sensors, "load of others").source, (root / "proc/stat").string());
}

TEST_F(SensorsTest, a_zone_that_cannot_be_read_is_no_sensor) {
  zone(0, "cpu-thermal", "not now");
  auto const sensors = find_sensors(root, no_library);
  EXPECT_TRUE(sensors.temperature.empty());
  EXPECT_TRUE(fact(sensors, "temperature").absent);
}

TEST(SensorsOfThisMachine, each_has_a_source_or_a_reason) {
  auto const sensors = find_sensors();
  EXPECT_THAT(sensors.facts, SizeIs(11));
  for (auto const& fact : sensors.facts) EXPECT_NE(fact.source.has_value(), fact.absent.has_value()) << fact.name;
  EXPECT_FALSE(sensors.facts.front().absent);    // Linux tells of a process's own time
}

}  // namespace
}  // namespace edgelab::probe
