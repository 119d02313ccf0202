// Messages from the coordinator, put in by one thread and answered by another, so that a cancel is heard while a trial runs.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string_view>

#include "core/result.hpp"
#include "serve/stop.hpp"
#include "wire/wire.hpp"

namespace edgelab::serve {

// Thread-safe.
class Inbox {
 public:
  // `stop` outlives it.
  explicit Inbox(Stop& stop) : stop_(stop) {}

  // One message. A cancel takes effect at once and is never handed out; a bye stops what is running. Whether it was a bye.
  bool put(std::string_view line);

  // There will be no more: what is running is stopped.
  void end();

  // Waits for the next message other than cancel: an error is a line that is none. Nullopt: there are no more.
  [[nodiscard]] std::optional<Result<wire::Request>> next();

 private:
  Stop& stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Result<wire::Request>> messages_;
  bool ended_ = false;
};

}  // namespace edgelab::serve
