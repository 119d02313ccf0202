// Server-sent events: pieces of a stream to the data of its events. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace edgelab::bridge {

inline constexpr std::size_t longest_event_bytes = 16 * 1024 * 1024;   // a longer one is an error, never memory

class EventReader {
 public:
  // Calls `on_data` with the data of each event that is complete, in order; the view is valid during the call. False from it
  // ends the reading. Comments and fields other than data are passed over; lines end in LF or CR LF. Fails where an event
  // grows too long.
  using OnData = std::function<bool(std::string_view data)>;
  [[nodiscard]] Result<void> feed(std::string_view piece, OnData const& on_data);

  // What stands there without the blank line that ends an event: a stream that was cut off, or one without events.
  [[nodiscard]] std::string_view rest() const { return buffer_; }

 private:
  [[nodiscard]] bool line(std::string_view text, OnData const& on_data);

  std::string buffer_;  // an unfinished line
  std::string data_;  // of an unfinished event
  bool has_data_ = false;
  bool ended_ = false;
};

}  // namespace edgelab::bridge
