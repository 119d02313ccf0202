// Messages from the coordinator, read by a thread of their own so that a cancel is heard while a trial runs.
#pragma once

#include <condition_variable>
#include <deque>
#include <istream>
#include <mutex>
#include <optional>
#include <thread>

#include "core/result.hpp"
#include "serve/stop.hpp"
#include "wire/wire.hpp"

namespace edgelab::serve {

class Inbox {
 public:
  // Reads lines of `in` until its end. Both must outlive every use; the thread is left behind when the process exits
  // in the middle of a read, since nothing can wake it.
  Inbox(std::istream& in, Stop& stop);
  ~Inbox();
  Inbox(Inbox const&) = delete;
  Inbox& operator=(Inbox const&) = delete;

  // Waits for the next message other than cancel: an error is a line that is none. Nullopt: the input has ended.
  // End of input and bye also stop what is running.
  [[nodiscard]] std::optional<Result<wire::Request>> next();

 private:
  void read_all();

  std::istream& in_;
  Stop& stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Result<wire::Request>> messages_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace edgelab::serve
