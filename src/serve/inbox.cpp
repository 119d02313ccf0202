#include "serve/inbox.hpp"

#include <string>
#include <utility>
#include <variant>

namespace edgelab::serve {

Inbox::Inbox(std::istream& in, Stop& stop) : in_(in), stop_(stop), thread_([this] { read_all(); }) {}

Inbox::~Inbox() {
  std::unique_lock lock(mutex_);
  bool const ended = ended_;
  lock.unlock();
  if (ended)
    thread_.join();
  else
    thread_.detach();
}

void Inbox::read_all() {
  std::string line;
  while (std::getline(in_, line)) {
    auto message = wire::decode_request(line);
    if (message && std::holds_alternative<protocol::Cancel>(*message)) {
      auto const& cancel = std::get<protocol::Cancel>(*message);
      if (cancel.request)
        stop_.cancel_request(cancel.id, *cancel.request);
      else
        stop_.cancel(cancel.id);
      continue;
    }
    bool const bye = message && std::holds_alternative<protocol::Bye>(*message);
    std::unique_lock lock(mutex_);
    messages_.push_back(std::move(message));
    lock.unlock();
    if (bye) stop_.cancel_all();
    changed_.notify_one();
  }
  std::unique_lock lock(mutex_);
  ended_ = true;
  lock.unlock();
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
