#include "llama/step_cost.hpp"

#include <algorithm>
#include <utility>

namespace edgelab::llama {

StepCost::StepCost(std::vector<Point> measured) : points_(std::move(measured)) {
  // More rows never cost less, whatever a noisy machine said.
  for (std::size_t i = 1; i < points_.size(); ++i)
    points_[i].seconds = std::max(points_[i].seconds, points_[i - 1].seconds);
}

double StepCost::shape(std::size_t rows) const {
  if (points_.empty()) return 1.0;
  if (points_.size() == 1 || rows <= points_.front().rows) return points_.front().seconds;
  auto const above = std::ranges::lower_bound(points_, rows, {}, &Point::rows);
  auto const right = above == points_.end() ? points_.end() - 1 : above;
  auto const left = right - 1;
  auto const slope = (right->seconds - left->seconds) / static_cast<double>(right->rows - left->rows);
  return left->seconds + slope * static_cast<double>(rows - left->rows);
}

double StepCost::of(std::size_t rows) const { return shape(rows) * scale_; }

void StepCost::take(std::size_t rows, double seconds) {
  if (points_.empty() || seconds <= 0.0) return;
  constexpr double scale_gain = 0.1;
  constexpr double point_gain = 0.05;
  constexpr double spike = 4.0;   // something else ran: no fact about the model
  auto const ratio = seconds / of(rows);
  if (ratio > spike) return;
  scale_ *= 1.0 + scale_gain * (ratio - 1.0);
  auto const nearest = std::ranges::find(points_, rows, &Point::rows);
  if (nearest != points_.end()) nearest->seconds *= 1.0 + point_gain * (ratio - 1.0);
}

}  // namespace edgelab::llama
