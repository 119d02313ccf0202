#include "bridge/sse.hpp"

#include "core/text.hpp"

namespace edgelab::bridge {

bool EventReader::line(std::string_view text, OnData const& on_data) {
  if (text.ends_with('\r')) text.remove_suffix(1);
  if (text.empty()) {
    bool const go_on = !has_data_ || on_data(data_);
    has_data_ = false;
    data_.clear();
    return go_on;
  }
  if (!text.starts_with("data:")) return true;
  text.remove_prefix(5);
  if (text.starts_with(' ')) text.remove_prefix(1);
  if (has_data_) data_ += '\n';
  has_data_ = true;
  data_ += text;
  return true;
}

Result<void> EventReader::feed(std::string_view piece, OnData const& on_data) {
  while (!ended_ && !piece.empty()) {
    auto const newline = piece.find('\n');
    auto const part = piece.substr(0, newline);
    if (buffer_.size() + data_.size() + part.size() > longest_event_bytes)
      return fail("an event of the stream is longer than " + format_bytes(longest_event_bytes));
    if (newline == std::string_view::npos) {
      buffer_ += part;
      return {};
    }
    piece.remove_prefix(newline + 1);
    if (buffer_.empty()) {
      ended_ = !line(part, on_data);
    } else {
      buffer_ += part;
      ended_ = !line(buffer_, on_data);
      buffer_.clear();
    }
  }
  return {};
}

}  // namespace edgelab::bridge
