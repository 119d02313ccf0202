#include "probe/bandwidth.hpp"

#include <gtest/gtest.h>

namespace edgelab::probe {
namespace {

constexpr std::int64_t mib = 1024 * 1024;

Cpu with_caches(std::vector<Cache> caches) {
  Cpu cpu;
  cpu.usable_cores = 6;
  cpu.caches = std::move(caches);
  return cpu;
}

TEST(Triad, arrays_are_far_beyond_the_last_cache) {
  auto const cpu = with_caches({{.level = 1, .kind = "data", .bytes = 32 * 1024, .count = 8},
                                {.level = 1, .kind = "instruction", .bytes = 900 * mib, .count = 8},
                                {.level = 3, .kind = "unified", .bytes = 16 * mib, .count = 2}});
  auto const plan = plan_triad(cpu, {.total_bytes = 0, .available_bytes = 64 * 1024 * mib});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->array_bytes, 4 * 32 * mib);
  EXPECT_EQ(plan->threads, 6);
}

TEST(Triad, arrays_are_a_small_part_of_what_is_free) {
  auto const cpu = with_caches({{.level = 2, .kind = "unified", .bytes = 1 * mib, .count = 4}});
  EXPECT_EQ(plan_triad(cpu, {.available_bytes = 64 * 1024 * mib})->array_bytes, 32 * mib);
  EXPECT_EQ(plan_triad(cpu, {.available_bytes = 512 * mib})->array_bytes, 16 * mib);
  EXPECT_FALSE(plan_triad(cpu, {.available_bytes = 128 * mib}));
  // Less than the cache would measure the cache.
  EXPECT_FALSE(plan_triad(with_caches({{.level = 3, .kind = "unified", .bytes = 256 * mib, .count = 1}}),
                          {.available_bytes = 4096 * mib}));
}

TEST(Triad, of_this_machine) {
  auto const found = measure_bandwidth({.array_bytes = 8 * mib, .threads = 2}, 0.05);
  ASSERT_TRUE(found);
  EXPECT_GT(found->bytes_per_s, 1e6);
  EXPECT_LT(found->bytes_per_s, 1e14);
  EXPECT_GE(found->passes, 1);
  EXPECT_EQ(found->threads, 2);
  EXPECT_EQ(found->array_bytes, 8 * mib);
}

}  // namespace
}  // namespace edgelab::probe
