// Whether the work in progress is still wanted, all of it or some of its requests. Set by the thread that reads the input,
// asked by the one that works.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace edgelab::serve {

class Stop {
 public:
  // From now on work for message `id` is in progress.
  void begin(std::int64_t id) { current_.store(id); }

  // The message that work was last in progress for.
  [[nodiscard]] std::int64_t current() const { return current_.load(); }

  // Also before begin(id): a cancel may overtake it.
  void cancel(std::int64_t id) { cancelled_.store(id); }
  void cancel_request(std::int64_t id, std::string request) {
    std::scoped_lock const lock(mutex_);
    requests_.emplace_back(id, std::move(request));
    request_cancels_.fetch_add(1);
  }
  void cancel_all() { all_.store(true); }

  [[nodiscard]] bool requested() const {
    return all_.load(std::memory_order_relaxed) ||
           cancelled_.load(std::memory_order_relaxed) == current_.load(std::memory_order_relaxed);
  }

  // How many requests have been cancelled, of any message: when it changes, ask which.
  [[nodiscard]] std::int64_t request_cancels() const { return request_cancels_.load(std::memory_order_relaxed); }

  // The cancelled requests of the work in progress.
  [[nodiscard]] std::vector<std::string> cancelled_requests() const {
    std::scoped_lock const lock(mutex_);
    std::vector<std::string> names;
    for (auto const& [id, request] : requests_)
      if (id == current_.load()) names.push_back(request);
    return names;
  }

 private:
  std::atomic<std::int64_t> current_{std::numeric_limits<std::int64_t>::min()};
  std::atomic<std::int64_t> cancelled_{std::numeric_limits<std::int64_t>::max()};
  std::atomic<bool> all_{false};
  std::atomic<std::int64_t> request_cancels_{0};
  mutable std::mutex mutex_;
  std::vector<std::pair<std::int64_t, std::string>> requests_;   // message, request
};

}  // namespace edgelab::serve
