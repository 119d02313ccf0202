#include "serve/arrivals.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>

namespace edgelab::serve {

Arrivals::Arrivals(std::span<std::optional<std::int64_t> const> arrival_us, std::int32_t concurrency)
    : order_(arrival_us.size()),
      concurrency_(static_cast<std::size_t>(std::max(concurrency, 1))),
      to_come_(arrival_us.size()) {
  std::ranges::iota(order_, std::size_t{0});
  if (arrival_us.empty() || !arrival_us.front()) return;
  std::ranges::stable_sort(order_, {}, [&](std::size_t i) { return arrival_us[i].value_or(0); });
  for (auto const i : order_) offsets_.emplace_back(std::chrono::microseconds(arrival_us[i].value_or(0)));
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

void Arrivals::ended(Clock::time_point at) {
  --in_flight_;
  if (offsets_.empty() && to_come_ < order_.size()) waiting_.push_back({order_[to_come_++], pass_, at});
}

}  // namespace edgelab::serve
