#include "runner/afterwards.hpp"

#include <algorithm>
#include <chrono>

namespace edgelab::runner {

void Progress::begins(std::size_t cell) {
  position_.cell = cell;
  tell();
}

void Progress::did(std::int64_t count, Clock::time_point now) {
  own_ += count;
  position_.done += count;
  spent_s_ = std::chrono::duration<double>(now - begin_).count();
  tell();
}

void Progress::known(std::int64_t count) { position_.done += count; }

void Progress::tell() {
  auto const left = static_cast<double>(std::max<std::int64_t>(position_.at_most - position_.done, 0));
  if (own_ > 0) position_.left_s = spent_s_ / static_cast<double>(own_) * left;
  observer_.afterwards(position_);
}

}  // namespace edgelab::runner
