// One end of a session, as frames: in order, none lost, none twice, and a lease (docs/FLEET.md, "Frames"). Pure: it is told
// what came and what time it is, and tells what is to be published. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "fleet/messages.hpp"

namespace edgelab::fleet {

inline constexpr std::size_t most_body_bytes = 262'144;
inline constexpr std::size_t most_header_bytes = 4'096;
inline constexpr std::size_t most_line_bytes = 67'108'864;
inline constexpr std::size_t most_on_the_way = 32;  // frames that are sent and not acknowledged

// What a frame carries: a line where `kind` is empty, else fetch | fetching | fetched | end.
struct Parcel {
  std::string kind;
  std::string body;
};

class Link {
 public:
  Link(std::chrono::milliseconds lease, Clock::time_point now);

  // Queues a line (a newline at its end is left out), or a frame of a kind.
  void send(Parcel parcel);
  // What came. A frame that breaks a rule breaks the link; the other side is told why, once.
  // Where there is no `room`, only its acknowledgement is taken, and its sender sends it again.
  void receive(std::string_view frame, Clock::time_point now, bool room = true);
  // The next parcel that has come whole.
  [[nodiscard]] std::optional<Parcel> next();

  // Frames to publish now, and when to ask again at the latest, unless something is sent or received before.
  [[nodiscard]] std::vector<std::string> due(Clock::time_point now);
  [[nodiscard]] Clock::time_point due_again() const;
  // Breaks it where the other side has been silent for the lease; due() does so too.
  void lapse(Clock::time_point now);
  [[nodiscard]] Clock::time_point lapses_at() const { return heard_ + lease_; }
  void connected_again() { resend_at_ = Clock::time_point::min(); }

  // Why nothing more will come: a rule was broken, or the other side has been silent for the lease.
  [[nodiscard]] std::optional<std::string> const& broken() const { return broken_; }
  // All that was sent has been acknowledged.
  [[nodiscard]] bool delivered() const { return unacknowledged_.empty() && waiting_.empty(); }
  [[nodiscard]] std::size_t queued_bytes() const { return queued_bytes_; }

 private:
  struct Frame {
    std::int64_t seq = 0;
    bool more = false;
    std::string kind;
    std::string body;
  };
  void take(Frame frame);
  void acknowledged(std::int64_t ack, Clock::time_point now);
  void break_with(std::string reason);
  void break_rule(std::string reason);
  [[nodiscard]] std::string written(Frame const* frame);

  std::chrono::milliseconds lease_;
  Clock::time_point heard_;  // last, of the other side
  Clock::time_point said_;  // last, by this side
  std::int64_t next_seq_ = 1;
  std::int64_t taken_ = 0;  // the other side's frames up to here
  std::deque<Frame> waiting_;  // not yet sent
  std::deque<Frame> unacknowledged_;  // sent
  std::size_t queued_bytes_ = 0;  // of both
  Clock::time_point resend_at_ = Clock::time_point::max();
  int owed_ = 0;  // frames taken and not acknowledged
  bool owes_now_ = false;
  Clock::time_point owes_at_ = Clock::time_point::max();
  std::string partial_;  // of a line that goes on
  bool in_line_ = false;
  std::deque<Parcel> come_;
  std::optional<std::string> broken_;
  std::optional<Frame> farewell_;  // an `end` that is still to be sent though the link is broken
};

}  // namespace edgelab::fleet
