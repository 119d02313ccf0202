#include "serve/inbox.hpp"

#include <utility>
#include <variant>

namespace edgelab::serve {

bool Inbox::put(std::string_view line) {
  auto message = wire::decode_request(line);
  if (message && std::holds_alternative<protocol::Cancel>(*message)) {
    auto const& cancel = std::get<protocol::Cancel>(*message);
    if (cancel.request)
      stop_.cancel_request(cancel.id, *cancel.request);
    else
      stop_.cancel(cancel.id);
    return false;
  }
  bool const bye = message && std::holds_alternative<protocol::Bye>(*message);
  {
    std::scoped_lock const lock(mutex_);
    messages_.push_back(std::move(message));
  }
  if (bye) stop_.cancel_all();
  changed_.notify_one();
  return bye;
}

void Inbox::end() {
  {
    std::scoped_lock const lock(mutex_);
    ended_ = true;
  }
  stop_.cancel_all();
  changed_.notify_one();
}

std::optional<Result<wire::Request>> Inbox::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !messages_.empty() || ended_; });
  if (messages_.empty()) return std::nullopt;
  auto message = std::move(messages_.front());
  messages_.pop_front();
  return message;
}

}  // namespace edgelab::serve
