// How far what is asked after the trials is, for whoever watches.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/clock.hpp"
#include "runner/observer.hpp"

namespace edgelab::runner {

// One kind of pass over all its cells. Not thread-safe; the observer outlives it.
class Progress {
 public:
  Progress(Observer& observer, std::string_view what, std::string_view unit, std::int64_t at_most,
           Clock::time_point begin = Clock::now())
      : observer_(observer), position_{.what = what, .unit = unit, .at_most = at_most}, begin_(begin) {}

  void begins(std::size_t cell);
  // So many more; `known`: they were there already, and say nothing of the pace.
  void did(std::int64_t count, Clock::time_point now = Clock::now());
  void known(std::int64_t count);
  // There turned out to be fewer than was thought at most.
  void at_most(std::int64_t count) { position_.at_most = std::max(count, position_.done); }
  [[nodiscard]] std::int64_t done() const { return position_.done; }

 private:
  void tell();

  Observer& observer_;
  Afterwards position_;
  Clock::time_point begin_;
  std::int64_t own_ = 0;    // of this session
  double spent_s_ = 0.0;
};

}  // namespace edgelab::runner
