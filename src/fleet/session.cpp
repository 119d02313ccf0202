#include "fleet/session.hpp"

#include <algorithm>
#include <utility>

namespace edgelab::fleet {

namespace {

constexpr std::size_t most_come_bytes = 64U << 20U;      // that nobody has received yet
constexpr auto longest_sleep = std::chrono::seconds(3600);

// Waiting until time_point::max() overflows in some libraries.
Clock::time_point bounded(Clock::time_point when) { return std::min(when, Clock::now() + longest_sleep); }

}  // namespace

Session::Session(std::shared_ptr<Bus> bus, std::string to, std::chrono::milliseconds lease)
    : bus_(std::move(bus)), to_(std::move(to)), link_(lease, Clock::now()) {}

Result<std::unique_ptr<Session>> Session::begin(std::shared_ptr<Bus> bus, std::string const& from, std::string to,
                                                std::chrono::milliseconds lease) {
  std::unique_ptr<Session> session(new Session(std::move(bus), std::move(to), lease));
  auto* const self = session.get();
  session->again_ = self->bus_->on_connected_again([self] {
    std::scoped_lock const lock(self->mutex_);
    self->link_.connected_again();
    self->stirred_ = true;
    self->due_.notify_one();
  });
  EDGELAB_TRY(subscription,
              self->bus_->subscribe(from, [self](Bus::Message const& message) { self->arrived(message.body); }));
  session->subscription_ = std::move(subscription);
  session->pump_ = std::jthread([self](std::stop_token const& stop) { self->pump(stop); });
  return session;
}

Session::~Session() {
  subscription_.reset();
  again_.reset();
  pump_.request_stop();
  if (pump_.joinable()) pump_.join();
}

void Session::send(Parcel parcel) {
  std::scoped_lock const lock(mutex_);
  link_.send(std::move(parcel));
  stirred_ = true;
  due_.notify_one();
}

void Session::arrived(std::string_view frame) {
  std::scoped_lock const lock(mutex_);
  link_.receive(frame, Clock::now(), come_bytes_ < most_come_bytes);
  while (auto parcel = link_.next()) {
    if (parcel->kind == "end") ending_ = true;
    come_bytes_ += parcel->body.size();
    come_.push_back(*std::move(parcel));
  }
  stirred_ = true;
  due_.notify_one();
  changed_.notify_all();
}

std::optional<Parcel> Session::receive(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  await(lock, deadline, [this] { return !come_.empty() || woken_; });
  if (std::exchange(woken_, false) || come_.empty()) return std::nullopt;
  auto parcel = std::move(come_.front());
  come_.pop_front();
  come_bytes_ -= parcel.body.size();
  return parcel;
}

void Session::wake() {
  std::scoped_lock const lock(mutex_);
  woken_ = true;
  changed_.notify_all();
}

void Session::give_up(std::string reason) {
  std::scoped_lock const lock(mutex_);
  if (!given_up_) given_up_ = std::move(reason);
  changed_.notify_all();
}

std::optional<std::string> Session::broken() const {
  std::scoped_lock const lock(mutex_);
  return given_up_ ? given_up_ : link_.broken();
}

bool Session::ending() const {
  std::scoped_lock const lock(mutex_);
  return ending_;
}

bool Session::deliver(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  await(lock, deadline, [this] { return link_.delivered(); });
  return link_.delivered();
}

void Session::await_room(std::size_t bytes, std::atomic<bool> const& over) {
  std::unique_lock lock(mutex_);
  await(lock, Clock::time_point::max(), [&] { return link_.queued_bytes() < bytes || over; });
}

void Session::await(std::unique_lock<std::mutex>& lock, Clock::time_point deadline, std::function<bool()> const& come) {
  while (!come() && !link_.broken() && !given_up_ && Clock::now() < deadline) {
    changed_.wait_until(lock, bounded(std::min(deadline, link_.lapses_at())));
    link_.lapse(Clock::now());
  }
}

void Session::pump(std::stop_token const& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    stirred_ = false;
    auto const frames = link_.due(Clock::now());
    if (link_.broken()) changed_.notify_all();
    if (!frames.empty()) {
      lock.unlock();
      for (auto const& frame : frames) bus_->publish(to_, frame);
      lock.lock();
      continue;
    }
    due_.wait_until(lock, stop, bounded(link_.due_again()), [this] { return stirred_; });
  }
  for (auto const& frame : link_.due(Clock::now())) bus_->publish(to_, frame);   // the last acknowledgement
}

}  // namespace edgelab::fleet
