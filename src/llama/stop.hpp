// Whether the work in progress is still wanted. Set by the thread that reads the input, asked by the one that works.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

namespace edgelab::llama {

class Stop {
 public:
  // From now on work for message `id` is in progress.
  void begin(std::int64_t id) { current_.store(id); }

  void cancel(std::int64_t id) { cancelled_.store(id); }   // also before begin(id): a cancel may overtake it
  void cancel_all() { all_.store(true); }

  [[nodiscard]] bool requested() const {
    return all_.load(std::memory_order_relaxed) ||
           cancelled_.load(std::memory_order_relaxed) == current_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<std::int64_t> current_{std::numeric_limits<std::int64_t>::min()};
  std::atomic<std::int64_t> cancelled_{std::numeric_limits<std::int64_t>::max()};
  std::atomic<bool> all_{false};
};

}  // namespace edgelab::llama
