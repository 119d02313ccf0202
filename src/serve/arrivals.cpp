#include "serve/arrivals.hpp"

#include <algorithm>
#include <chrono>

namespace edgelab::serve {

Arrivals::Arrivals(std::span<wire::ArrivalRule const> rules, std::int32_t concurrency)
    : follower_(rules.size()), concurrency_(static_cast<std::size_t>(std::max(concurrency, 1))) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (rules[i].after) {
      follower_[*rules[i].after] = i;
    } else {
      order_.push_back(i);
    }
  }
  to_come_ = order_.size();
  if (order_.empty() || !rules[order_.front()].at_us) return;
  std::ranges::stable_sort(order_, {}, [&](std::size_t i) { return rules[i].at_us.value_or(0); });
  for (auto const i : order_) offsets_.emplace_back(std::chrono::microseconds(rules[i].at_us.value_or(0)));
}

void Arrivals::begin_pass(Clock::time_point now) {
  ++pass_;
  to_come_ = 0;
  in_flight_ = 0;
  auto const at_once = offsets_.empty() ? std::min(concurrency_, order_.size()) : order_.size();
  for (; to_come_ < at_once; ++to_come_) {
    waiting_.push_back({order_[to_come_], pass_, offsets_.empty() ? now : now + offsets_[to_come_]});
  }
}

std::optional<Arrival> Arrivals::take(Clock::time_point now) {
  if (waiting_.empty() || waiting_.front().at > now) return std::nullopt;
  auto const arrival = waiting_.front();
  waiting_.pop_front();
  ++in_flight_;
  return arrival;
}

std::optional<Clock::time_point> Arrivals::next() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.front().at;
}

void Arrivals::ended(std::size_t request, Clock::time_point at) {
  --in_flight_;
  if (follower_[request]) {
    wait({*follower_[request], pass_, at});
  } else if (offsets_.empty() && to_come_ < order_.size()) {
    wait({order_[to_come_++], pass_, at});
  }
}

void Arrivals::wait(Arrival const& arrival) {
  waiting_.insert(std::ranges::upper_bound(waiting_, arrival.at, {}, &Arrival::at), arrival);
}

}  // namespace edgelab::serve
