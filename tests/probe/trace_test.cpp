// From samples to what a trial used: known answers.
#include "probe/trace.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace edgelab::probe {
namespace {

using namespace std::chrono_literals;

struct TraceTest : ::testing::Test {
  Clock::time_point const t0 = Clock::now();
  // Four seconds, a sample each. The tree works with one core until 1 s and with two from then on.
  Trace trace() const {
    Trace made;
    for (int i = 0; i <= 4; ++i) {
      Sample sample;
      sample.at = t0 + std::chrono::seconds(i);
      sample.tree = TreeUse{.cpu_s = 100.0 + (i <= 1 ? i : 1 + 2 * (i - 1)),
                            .major_faults = 10 + i,
                            .minor_faults = 1000 + 100 * i,
                            .processes = i == 2 ? 2 : 1,
                            .rss_bytes = 1000 * (i + 1)};
      sample.busy_s = 500.0 + 3.0 * i;
      sample.own_s = 7.0 + 0.25 * i;
      sample.temp_c = 50.0 + i;
      if (i % 2 == 0) sample.mhz = 3000.0 - 100.0 * i;
      sample.energy_j = 20.0 * i;
      made.samples.push_back(sample);
    }
    return made;
  }
};

TEST_F(TraceTest, counters_are_interpolated_at_the_ends_of_the_window) {
  auto const usage = usage_of(trace(), t0 + 500ms, t0 + 3500ms);
  EXPECT_DOUBLE_EQ(usage.window_s, 3.0);
  EXPECT_DOUBLE_EQ(usage.exchange_s, 4.0);
  EXPECT_DOUBLE_EQ(*usage.cpu_s, 0.5 + 2.0 * 2.5);
  EXPECT_DOUBLE_EQ(*usage.major_faults, 3.0);
  EXPECT_DOUBLE_EQ(*usage.minor_faults, 300.0);
  EXPECT_DOUBLE_EQ(*usage.energy_j, 60.0);
  EXPECT_DOUBLE_EQ(*usage.others_busy_cores, (9.0 - 0.75 - 5.5) / 3.0);
}

TEST_F(TraceTest, means_are_over_the_samples_within) {
  auto const usage = usage_of(trace(), t0 + 500ms, t0 + 3500ms);
  EXPECT_DOUBLE_EQ(*usage.temp_mean_c, 52.0);
  EXPECT_DOUBLE_EQ(*usage.temp_max_c, 54.0);    // of all: the peak may fall between
  EXPECT_DOUBLE_EQ(*usage.cpu_mhz, 2800.0);     // one sample within has it
  EXPECT_DOUBLE_EQ(*usage.rss_mean_bytes, 3000.0);
  EXPECT_DOUBLE_EQ(*usage.rss_sampled_peak_bytes, 5000.0);
  auto alone = trace();
  alone.samples[2].tree->processes = 1;    // its peak is kept by the kernel, to the byte
  EXPECT_FALSE(usage_of(alone, t0, t0 + 4s).rss_sampled_peak_bytes);
  // Between two samples there is none: the mean is over all.
  EXPECT_DOUBLE_EQ(*usage_of(trace(), t0 + 1200ms, t0 + 1700ms).temp_mean_c, 52.0);
}

TEST_F(TraceTest, a_window_beyond_the_trace_is_cut_to_it) {
  auto const usage = usage_of(trace(), t0 - 60s, t0 + 60s);
  EXPECT_DOUBLE_EQ(usage.window_s, 4.0);
  EXPECT_DOUBLE_EQ(*usage.cpu_s, 7.0);
}

TEST_F(TraceTest, what_moves_in_steps_is_absent_in_a_moment) {
  auto const usage = usage_of(trace(), t0 + 1s, t0 + 1150ms);
  EXPECT_FALSE(usage.cpu_s || usage.others_busy_cores || usage.energy_j);
  EXPECT_TRUE(usage.minor_faults && usage.temp_mean_c);
}

TEST_F(TraceTest, nothing_read_is_nothing_known) {
  auto const none = usage_of({}, t0, t0 + 1s);
  EXPECT_FALSE(none.cpu_s || none.rss_mean_bytes || none.energy_j || none.temp_mean_c || none.throttled ||
               none.voluntary_switches || none.pss_peak_bytes || none.swap_peak_bytes);
  Trace bare;
  for (int i = 0; i < 3; ++i) bare.samples.push_back({.at = t0 + std::chrono::seconds(i)});
  auto const usage = usage_of(bare, t0, t0 + 2s);
  EXPECT_FALSE(usage.cpu_s || usage.rss_mean_bytes || usage.energy_j || usage.temp_mean_c || usage.throttled ||
               usage.others_busy_cores || usage.cpu_mhz);
}

TEST_F(TraceTest, a_battery_that_was_charged_for_a_part_gives_no_energy) {
  auto some = trace();
  some.samples[2].energy_j.reset();
  EXPECT_FALSE(usage_of(some, t0, t0 + 4s).energy_j);
}

TEST_F(TraceTest, a_process_that_left_the_tree_makes_nothing_negative) {
  auto less = trace();
  for (std::size_t i = 3; i < 5; ++i) less.samples[i].tree = TreeUse{.cpu_s = 1.0, .minor_faults = 3};
  auto const usage = usage_of(less, t0, t0 + 4s);
  EXPECT_EQ(usage.cpu_s, 0.0);
  EXPECT_EQ(usage.minor_faults, 0.0);
}

TEST_F(TraceTest, throttled_by_a_counter_or_by_a_cooling_device) {
  auto made = trace();
  EXPECT_FALSE(usage_of(made, t0, t0 + 4s).throttled.has_value());
  made.throttles_before = 5;
  made.throttles_after = 5;
  EXPECT_EQ(usage_of(made, t0, t0 + 4s).throttled, false);
  made.samples[1].cooled = true;
  made.samples[2].cooled = false;
  EXPECT_EQ(usage_of(made, t0, t0 + 4s).throttled, true);
  made.samples[1].cooled = false;
  made.throttles_after = 6;
  EXPECT_EQ(usage_of(made, t0, t0 + 4s).throttled, true);
}

TEST_F(TraceTest, switches_are_of_the_whole_exchange) {
  auto made = trace();
  made.switches_before = Switches{.voluntary = 10, .involuntary = 20};
  made.switches_after = Switches{.voluntary = 110, .involuntary = 15};    // a thread ended
  auto const usage = usage_of(made, t0 + 1s, t0 + 2s);
  EXPECT_EQ(usage.voluntary_switches, 100.0);
  EXPECT_EQ(usage.involuntary_switches, 0.0);
}

}  // namespace
}  // namespace edgelab::probe
