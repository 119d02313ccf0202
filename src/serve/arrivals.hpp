// When requests arrive: by their own times (open loop), as earlier ones end (closed loop), or as the one that they follow
// ends (the turns of a conversation). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "core/clock.hpp"
#include "wire/arrivals.hpp"

namespace edgelab::serve {

struct Arrival {
  std::size_t request = 0;       // index into the trial's requests
  std::int32_t pass = 0;
  Clock::time_point at;
};

class Arrivals {
 public:
  // One rule a request, as wire::arrival_rules gives them. Without times it is a closed loop with so many in flight.
  Arrivals(std::span<wire::ArrivalRule const> rules, std::int32_t concurrency);

  // All requests, from `now` on; also for the first pass. REQUIRES: pass_over().
  void begin_pass(Clock::time_point now);

  // The next request, if it has arrived by `now`; first come first.
  [[nodiscard]] std::optional<Arrival> take(Clock::time_point now);

  // When the next one arrives; nullopt if none is to come until another ends, or the pass is over.
  [[nodiscard]] std::optional<Clock::time_point> next() const;

  // A request has ended: the one that follows it arrives, else, in a closed loop, the next.
  void ended(std::size_t request, Clock::time_point at);

  // Every request of the pass has ended; true before the first.
  [[nodiscard]] bool pass_over() const {
    return pass_ < 0 || (waiting_.empty() && to_come_ == order_.size() && in_flight_ == 0);
  }

 private:
  void wait(Arrival const& arrival);

  std::vector<std::size_t> order_;              // those that follow none, in order of arrival
  std::vector<Clock::duration> offsets_;        // of order_; empty: closed loop
  std::vector<std::optional<std::size_t>> follower_;   // of each request
  std::size_t concurrency_;
  std::int32_t pass_ = -1;
  std::size_t to_come_ = 0;                     // place in order_
  std::size_t in_flight_ = 0;                   // taken, not ended
  std::deque<Arrival> waiting_;                 // arrival time known, not taken
};

}  // namespace edgelab::serve
