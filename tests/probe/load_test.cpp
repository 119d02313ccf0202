// Made-up /proc and /sys folders: what is read out of them.
#include "probe/load.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "probe/fake_root.hpp"
#include "probe/throttling.hpp"
#include "probe/timer.hpp"

namespace edgelab::probe {
namespace {

namespace fs = std::filesystem;

struct Load : testing::FakeRoot {
  void process(int pid, std::string const& name, int user, int system, int start) const {
    file("proc/" + std::to_string(pid) + "/stat",
         testing::FakeStat{
             .pid = pid, .name = name, .user = user, .system = system, .reaped_user = 100000, .start = start}
             .text());
  }
};

TEST_F(Load, other_processes_by_what_they_took) {
  file("proc/stat", "cpu  1000 10 200 90000 50 5 5 30 0 0\ncpu0 1 2 3\n");
  process(7, "steady", 100, 50, 11);
  process(8, "odd) name (x", 0, 0, 12);
  process(9, "ours", 10, 0, 13);
  process(10, "ends", 500, 0, 14);
  process(12, "idle", 5, 5, 15);
  auto const before = take_cpu_use(root);
  file("proc/stat", "cpu  1200 10 300 90500 50 10 5 40 0 0\n");
  process(7, "steady", 150, 60, 11);        // 60 ticks
  process(8, "odd) name (x", 160, 0, 12);   // 160
  process(9, "ours", 40, 0, 13);            // 30
  fs::remove_all(root / "proc/10");
  process(11, "new", 20, 5, 20);            // 25, all of it
  process(12, "another", 30, 0, 99);        // the number of a process that ended meanwhile: 30
  auto const after = take_cpu_use(root);

  MachineState state;
  add_load(state, before, after, 2.0, 100.0, 9);   // a core is 200 ticks
  EXPECT_EQ(state.sampled_s, 2.0);
  ASSERT_EQ(state.others.size(), 3U);
  EXPECT_EQ(state.others[0].name, "odd) name (x");
  EXPECT_EQ(state.others[0].pid, 8);
  EXPECT_DOUBLE_EQ(state.others[0].cores, 0.8);
  EXPECT_EQ(state.others[1].name, "steady");
  EXPECT_DOUBLE_EQ(state.others[1].cores, 0.3);
  EXPECT_EQ(state.others[2].name, "another");
  EXPECT_DOUBLE_EQ(state.others[2].cores, 0.15);
  EXPECT_DOUBLE_EQ(*state.busy_cores, (305.0 - 30.0) / 200.0);
  EXPECT_DOUBLE_EQ(*state.stolen_cores, 0.05);
}

TEST_F(Load, what_is_not_told_is_absent) {
  MachineState state;
  add_load(state, take_cpu_use(root), take_cpu_use(root), 1.0, 100.0, 1);
  add_frequency(state, root);
  EXPECT_FALSE(state.busy_cores || state.stolen_cores || state.governor || state.mhz_fastest || state.mhz_max ||
               state.temperature_c);
  EXPECT_TRUE(state.others.empty());
  EXPECT_FALSE(throttle_count(throttle_counters(root)));
}

TEST_F(Load, frequencies_governors_and_heat) {
  for (int cpu = 0; cpu < 2; ++cpu) {
    auto const folder = "sys/devices/system/cpu/cpu" + std::to_string(cpu);
    file(folder + "/cpufreq/scaling_governor", cpu == 0 ? "powersave\n" : "performance\n");
    file(folder + "/cpufreq/scaling_cur_freq", cpu == 0 ? "800000\n" : "2100000\n");
    file(folder + "/cpufreq/cpuinfo_min_freq", "400000\n");
    file(folder + "/cpufreq/cpuinfo_max_freq", cpu == 0 ? "3600000\n" : "2400000\n");
    file(folder + "/thermal_throttle/core_throttle_count", cpu == 0 ? "3\n" : "4\n");
  }
  file("sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "none of a core\n");
  file("sys/class/thermal/thermal_zone0/temp", "41000\n");
  file("sys/class/thermal/thermal_zone1/temp", "88500\n");
  MachineState state;
  add_frequency(state, root);
  EXPECT_EQ(state.governor, "performance, powersave");
  EXPECT_EQ(state.mhz_slowest, 800.0);
  EXPECT_EQ(state.mhz_fastest, 2100.0);
  EXPECT_EQ(state.mhz_min, 400.0);
  EXPECT_EQ(state.mhz_max, 3600.0);
  EXPECT_EQ(state.temperature_c, 88.5);
  EXPECT_EQ(throttle_count(throttle_counters(root)), 7);
}

TEST_F(Load, frequencies_of_a_virtual_machine_come_from_cpuinfo) {
  file("proc/cpuinfo", "processor : 0\ncpu MHz\t\t: 2699.998\n\nprocessor : 1\ncpu MHz : 2000.5\n");
  MachineState state;
  add_frequency(state, root);
  EXPECT_DOUBLE_EQ(*state.mhz_slowest, 2000.5);
  EXPECT_DOUBLE_EQ(*state.mhz_fastest, 2699.998);
}

TEST(MachineState, of_this_machine) {
  auto const state = take_machine_state(0.05);
  EXPECT_GE(state.sampled_s, 0.05);
  EXPECT_GE(state.logical_cores, 1);
  EXPECT_LE(state.others.size(), 3U);
}

TEST(Timer, steps_and_costs) {
  // 25 ns a reading on a clock that moves in steps of 100.
  std::vector<std::int64_t> readings;
  for (std::int64_t i = 0; i <= 1000; ++i) readings.push_back(i * 25 / 100 * 100);
  EXPECT_EQ(timer_from(readings).step_ns, 100.0);
  EXPECT_EQ(timer_from(readings).call_ns, 25.0);
  // A thread put aside once spoils one stretch, and the median is of the others.
  for (std::size_t i = 500; i < readings.size(); ++i) readings[i] += 10'000'000;
  EXPECT_EQ(timer_from(readings).call_ns, 25.0);
  EXPECT_EQ(timer_from(std::vector<std::int64_t>(5, 3)).step_ns, 0.0);
  EXPECT_EQ(timer_from({}).call_ns, 0.0);

  auto const here = measure_timer();
  EXPECT_GT(here.step_ns, 0.0);
  EXPECT_GT(here.call_ns, 0.0);
}

}  // namespace
}  // namespace edgelab::probe
