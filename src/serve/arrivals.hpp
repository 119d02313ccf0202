// When requests arrive: by their own times (open loop), or as earlier ones end (closed loop). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "core/clock.hpp"

namespace edgelab::serve {

struct Arrival {
  std::size_t request = 0;       // index into the trial's requests
  std::int32_t pass = 0;
  Clock::time_point at;
};

class Arrivals {
 public:
  // One entry a request: microseconds after the start of a pass for all, or for none (closed loop with so many in
  // flight).
  Arrivals(std::span<std::optional<std::int64_t> const> arrival_us, std::int32_t concurrency);

  // All requests, from `now` on; also for the first pass. REQUIRES: pass_over().
  void begin_pass(Clock::time_point now);

  // The next request, if it has arrived by `now`; first come first.
  [[nodiscard]] std::optional<Arrival> take(Clock::time_point now);

  // When the next one arrives; nullopt if none is to come until another ends, or the pass is over.
  [[nodiscard]] std::optional<Clock::time_point> next() const;

  // A request has ended: in a closed loop the next arrives.
  void ended(Clock::time_point at);

  // Every request of the pass has ended; true before the first.
  [[nodiscard]] bool pass_over() const {
    return pass_ < 0 || (waiting_.empty() && to_come_ == order_.size() && in_flight_ == 0);
  }

 private:
  std::vector<std::size_t> order_;              // in order of arrival
  std::vector<Clock::duration> offsets_;        // of order_; empty: closed loop
  std::size_t concurrency_;
  std::int32_t pass_ = -1;
  std::size_t to_come_ = 0;                     // place in order_
  std::size_t in_flight_ = 0;                   // taken, not ended
  std::deque<Arrival> waiting_;                 // arrival time known, not taken
};

}  // namespace edgelab::serve
