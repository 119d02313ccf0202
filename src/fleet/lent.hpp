// An executor lent to a coordinator: one session of a device's, from its first frame to the executor's end.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "core/process.hpp"
#include "fleet/agent.hpp"
#include "fleet/session.hpp"

namespace edgelab::fleet {

// Start it, then run() it on the same thread; end() from any.
class Lent {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Lent>> start(std::shared_ptr<Bus> bus, AgentOptions const& options,
                                                           LocalExecutor const& executor, Open const& open);
  // Until the executor has ended or the session has; then both have. Why, for the log.
  [[nodiscard]] std::string run();
  void end(std::string reason);

 private:
  Lent(std::shared_ptr<Bus> bus, AgentOptions const& options, std::unique_ptr<ChildProcess> child,
       std::unique_ptr<Session> session);
  void listen();
  void hear(Parcel parcel);
  void fetch(Parcel const& parcel);
  // Sends `fetching` until it goes.
  [[nodiscard]] std::jthread tell_meanwhile(Fetch const& wanted);
  [[nodiscard]] std::expected<void, NotHere> fetched(Fetch const& wanted);

  std::shared_ptr<Bus> bus_;
  AgentOptions const& options_;
  std::unique_ptr<ChildProcess> child_;
  std::unique_ptr<Session> session_;
  std::atomic<bool> over_ = false;             // nobody wants the executor any more
  std::mutex mutex_;
  std::string why_over_;
  std::jthread ears_;
};

}  // namespace edgelab::fleet
