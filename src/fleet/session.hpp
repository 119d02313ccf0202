// One end of a session on the bus: a link that is kept moving by a thread of its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "fleet/bus.hpp"
#include "fleet/link.hpp"

namespace edgelab::fleet {

// Thread-safe. Frames that come on `from` are taken, those that are due are published on `to`, until the object goes.
class Session {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Session>> begin(std::shared_ptr<Bus> bus, std::string const& from,
                                                              std::string to, std::chrono::milliseconds lease);
  ~Session();
  Session(Session const&) = delete;
  Session& operator=(Session const&) = delete;

  void send(Parcel parcel);
  // The next parcel; waits for one until the deadline, or until wake(), or until the session is broken. Nullopt: none came.
  [[nodiscard]] std::optional<Parcel> receive(Clock::time_point deadline);
  void wake();  // the receive() in progress, or else the next, returns
  // Breaks it from this side; the other one is not told.
  void give_up(std::string reason);
  [[nodiscard]] std::optional<std::string> broken() const;

  // An `end` frame has come, though receive() may not have been asked for it yet.
  [[nodiscard]] bool ending() const;
  // Waits until all that was sent is acknowledged, or the deadline, or the session is broken. False: it is not.
  bool deliver(Clock::time_point deadline);
  // Waits until less than so many bytes are queued, or `over` is set and wake() called, or the session is broken.
  void await_room(std::size_t bytes, std::atomic<bool> const& over);

 private:
  Session(std::shared_ptr<Bus> bus, std::string to, std::chrono::milliseconds lease);
  void arrived(std::string_view frame);
  void pump(std::stop_token const& stop);
  // The lease runs out for who waits too: the pump may be held up by the network.
  void await(std::unique_lock<std::mutex>& lock, Clock::time_point deadline, std::function<bool()> const& come);

  std::shared_ptr<Bus> bus_;
  std::string to_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;  // something came, was acknowledged, or broke
  std::condition_variable_any due_;  // the pump has something to do
  Link link_;
  std::optional<std::string> given_up_;
  bool woken_ = false;
  bool ending_ = false;
  bool stirred_ = false;
  std::deque<Parcel> come_;
  std::size_t come_bytes_ = 0;
  std::shared_ptr<void> again_;
  std::unique_ptr<Bus::Subscription> subscription_;
  std::jthread pump_;
};

}  // namespace edgelab::fleet
