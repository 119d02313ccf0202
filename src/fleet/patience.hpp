// How long a transfer goes on without progress.
#pragma once

#include <thread>

#include "core/clock.hpp"
#include "fleet/models.hpp"

namespace edgelab::fleet {

// Trouble with the bus is waited out as long as there is some progress now and then.
class Patience {
 public:
  explicit Patience(Transfer const& transfer) : transfer_(transfer), last_(Clock::now()) {}
  void progress() { last_ = Clock::now(); }
  // False: it is at an end.
  bool wait(std::int64_t bytes) {
    if (Clock::now() - last_ > transfer_.patience || !wanted(bytes)) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    return true;
  }
  bool wanted(std::int64_t bytes) { return !transfer_.keep_on || transfer_.keep_on(bytes); }

 private:
  Transfer const& transfer_;
  Clock::time_point last_;
};

}  // namespace edgelab::fleet
