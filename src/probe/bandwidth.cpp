#include "probe/bandwidth.hpp"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <memory>
#include <new>
#include <thread>
#include <vector>

#include "core/clock.hpp"

namespace edgelab::probe {

namespace {

constexpr std::int64_t mebibyte = 1024 * 1024;
constexpr int most_passes = 10;

std::int64_t last_cache_bytes(Cpu const& cpu) {
  std::int64_t bytes = 0;
  int level = 0;
  for (auto const& cache : cpu.caches)
    if (cache.kind != "instruction" && cache.level >= level) {
      level = cache.level;
      bytes = cache.bytes * std::max(1, cache.count);
    }
  return bytes;
}

struct Arrays {
  std::unique_ptr<double[]> a, b,
      c;   // NOLINT(*-avoid-c-arrays): left uninitialised, so that threads touch their parts first
};

// One thread's part, from first to last element.
void triad(Arrays& arrays, std::int64_t first, std::int64_t last, double factor) {
  double* const a = arrays.a.get();
  double const* const b = arrays.b.get();
  double const* const c = arrays.c.get();
  for (std::int64_t i = first; i < last; ++i) a[i] = b[i] + factor * c[i];
}

}  // namespace

std::optional<TriadPlan> plan_triad(Cpu const& cpu, SystemMemory const& memory) {
  auto const cache = last_cache_bytes(cpu);
  auto const wanted = std::max(4 * cache, 32 * mebibyte);
  auto const at_most = memory.available_bytes / 32;
  auto const bytes = std::min(wanted, at_most);
  if (bytes < std::max(cache, 8 * mebibyte)) return std::nullopt;
  return TriadPlan{.array_bytes = bytes / 4096 * 4096, .threads = std::max(1, cpu.usable_cores)};
}

std::optional<MemoryBandwidth> measure_bandwidth(TriadPlan const& plan, double seconds) {
  auto const elements = plan.array_bytes / static_cast<std::int64_t>(sizeof(double));
  auto const count = static_cast<std::size_t>(elements);
  Arrays arrays;
  for (auto* array : {&arrays.a, &arrays.b, &arrays.c}) {
    array->reset(new (std::nothrow) double[count]);
    if (!*array) return std::nullopt;
  }

  int const threads = std::max(1, plan.threads);
  std::barrier all(threads + 1);
  int passes = 0;                      // written by this thread between two waits of all
  bool go_on = true;
  {
    std::vector<std::jthread> workers;
    for (int number = 0; number < threads; ++number)
      workers.emplace_back([&, first = elements * number / threads, last = elements * (number + 1) / threads] {
        std::fill(arrays.a.get() + first, arrays.a.get() + last, 0.0);
        std::fill(arrays.b.get() + first, arrays.b.get() + last, 1.0);
        std::fill(arrays.c.get() + first, arrays.c.get() + last, 2.0);
        for (;;) {
          all.arrive_and_wait();       // the pass may begin
          if (!go_on) return;
          triad(arrays, first, last, 3.0 + passes);
          all.arrive_and_wait();       // it has ended
        }
      });

    double best_s = 0.0;
    auto const begin = Clock::now();
    auto const elapsed = [](Clock::time_point from) {
      return std::chrono::duration<double>(Clock::now() - from).count();
    };
    while (go_on) {
      auto const from = Clock::now();
      all.arrive_and_wait();
      all.arrive_and_wait();
      double const took_s = elapsed(from);
      // In the first pass the threads are still touching their parts.
      if (passes > 0) best_s = passes == 1 ? took_s : std::min(best_s, took_s);
      ++passes;
      go_on = passes <= 1 || (passes <= most_passes && elapsed(begin) < seconds);
    }
    all.arrive_and_wait();
    workers.clear();
    if (best_s <= 0.0 || arrays.a[count / 2] == 0.0) return std::nullopt;  // what is read is not left out by a compiler
    return MemoryBandwidth{.bytes_per_s = 3.0 * static_cast<double>(plan.array_bytes) / best_s,
                           .array_bytes = plan.array_bytes,
                           .threads = threads,
                           .passes = passes - 1};
  }
}

}  // namespace edgelab::probe
