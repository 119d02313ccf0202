// The sampler's thread, over a made-up machine and over this one.
#include "probe/sampler.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "core/process.hpp"
#include "probe/fake_root.hpp"

namespace edgelab::probe {
namespace {

using namespace std::chrono_literals;

constexpr char const* no_library = "/nonexistent/nvml.so";

struct SamplerTest : testing::FakeRoot {};

TEST_F(SamplerTest, reads_at_the_beginning_and_at_the_end_of_the_shortest_trial) {
  file("proc/stat", "cpu  100 0 0 0 0 0 0 0 0 0\n");
  file("proc/10/stat", testing::FakeStat{.pid = 10, .user = 5, .pages = 3}.text());
  file("sys/class/thermal/thermal_zone0/temp", "50000\n");
  file("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "3\n");
  auto sensors = find_sensors(root, no_library);
  Sampler sampler(sensors);
  sampler.begin(10, SampledFor::timing);
  file("sys/class/thermal/thermal_zone0/temp", "70000\n");
  file("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "4\n");
  auto const trace = sampler.end();
  ASSERT_GE(trace.samples.size(), 2U);
  EXPECT_EQ(trace.samples.front().temp_c, 50.0);
  EXPECT_EQ(trace.samples.back().temp_c, 70.0);
  EXPECT_EQ(trace.samples.front().busy_s, 100.0 / sensors.units.ticks_per_s);
  EXPECT_EQ(trace.samples.back().tree->rss_bytes, 3 * sensors.units.page_bytes);
  EXPECT_EQ(trace.throttles_before, 3);
  EXPECT_EQ(trace.throttles_after, 4);
  for (auto const& sample : trace.samples) EXPECT_FALSE(sample.pss_bytes || sample.energy_j || sample.mhz);

  // And another one, from nothing.
  sampler.begin(std::nullopt, SampledFor::timing);
  auto const next = sampler.end();
  EXPECT_FALSE(next.samples.front().tree);
  EXPECT_EQ(next.throttles_before, 4);
}

TEST_F(SamplerTest, the_peaks_of_helpers_are_reset_and_added_up) {
  for (int pid : {10, 11, 12}) {
    auto const folder = "proc/" + std::to_string(pid);
    file(folder + "/stat", testing::FakeStat{.pid = pid, .parent = pid == 10 ? 1 : 10, .pages = 1}.text());
    file(folder + "/status", "State:\tS\nVmHWM:\t100 kB\n");
    file(folder + "/clear_refs", "");
  }
  file("proc/10/task/10/children", "11 12");
  file("proc/11/task/11/children", "");
  file("proc/12/task/12/children", "");
  auto sensors = find_sensors(root, no_library);
  Sampler sampler(sensors);
  sampler.begin(10, SampledFor::memory);
  file("proc/12/status", "State:\tT (stopped)\nVmHWM:\t100 kB\n");
  auto const trace = sampler.end();
  EXPECT_EQ(trace.helpers_peak_bytes, 100 * 1024);    // neither the executor's own nor the stopped one's
  EXPECT_EQ(std::filesystem::file_size(root / "proc/10/clear_refs"), 0U);
  EXPECT_EQ(std::filesystem::file_size(root / "proc/11/clear_refs"), 1U);
}

TEST_F(SamplerTest, a_sampler_that_goes_away_in_a_trial_ends_its_thread) {
  auto sensors = find_sensors(root, no_library);
  Sampler sampler(sensors);
  sampler.begin(1, SampledFor::memory);
}

// A shell that burns CPU in a child of its own, and one that waits.
TEST(SamplerOfThisMachine, sees_what_a_tree_of_processes_uses) {
  auto sensors = find_sensors("/", no_library);
  auto child = ChildProcess::start(
      {.command = {"sh", "-c", "sh -c 'while :; do :; done' & sleep 1000 & echo up; wait"}, .stderr_file = {}});
  ASSERT_TRUE(child.has_value()) << child.error().describe();
  ASSERT_TRUE((*child)->read_line(Clock::now() + 600s).has_value());

  Sampler sampler(sensors);
  Usage usage;
  Trace trace;
  // A busy machine gives it little, but not nothing for ever.
  for (int i = 0; i < 200 && usage.cpu_s.value_or(0.0) <= 0.0; ++i) {
    sampler.begin((*child)->id(), SampledFor::timing);
    auto const from = Clock::now();
    std::this_thread::sleep_for(600ms);
    trace = sampler.end();
    usage = usage_of(trace, from, Clock::now());
  }
  EXPECT_GT(usage.cpu_s.value_or(0.0), 0.0);
  EXPECT_GE(trace.samples.size(), 2U);
  EXPECT_TRUE(usage.minor_faults && usage.major_faults && usage.voluntary_switches && usage.others_busy_cores);
  EXPECT_GT(usage.rss_mean_bytes.value_or(0.0), 100'000.0);
  EXPECT_GT(trace.helpers_peak_bytes.value_or(0), 0);

  sampler.begin((*child)->id(), SampledFor::memory);
  std::this_thread::sleep_for(100ms);
  auto const memory = usage_of(sampler.end(), {}, Clock::now());
  EXPECT_GT(memory.pss_peak_bytes.value_or(0.0), 0.0);
  EXPECT_LE(*memory.pss_mean_bytes, *memory.rss_sampled_peak_bytes);    // pages of libraries are shared
  EXPECT_GE(memory.swap_peak_bytes.value_or(-1.0), 0.0);
}

}  // namespace
}  // namespace edgelab::probe
