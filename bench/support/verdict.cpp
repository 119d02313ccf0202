#include "support/verdict.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <format>
#include <print>
#include <string>
#include <vector>

#include "stats/estimate.hpp"

namespace edgelab::bench {

namespace {

double log_mean(Column const& column) {
  double sum = 0.0;
  for (double const value : column.values) sum += std::log(value);
  return sum / static_cast<double>(column.values.size());
}

std::string verdict_text(std::optional<double> goal, bool met) {
  if (!goal) return "stated";
  return std::format("{} {}", met ? "goal" : "MISSED goal", *goal);
}

}  // namespace

bool tell_ratio(std::string_view title, Column const& ours, Column const& theirs, std::optional<double> goal) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < ours.values.size(); ++i) ratios.push_back(ours.values[i] / theirs.values[i]);
  auto const interval = stats::paired_ratio(ours.values, theirs.values);
  double const middle = stats::median(ratios);
  double const low = interval.ci95 ? (*interval.ci95)[0] : interval.estimate;
  double const high = interval.ci95 ? (*interval.ci95)[1] : interval.estimate;
  bool const met = !goal || (high >= *goal && middle >= *goal * 0.98);
  std::println("{:62} median {:.3f}  mean {:.3f} (95 % {:.3f} to {:.3f})  {} pairs  {:.1f} / {:.1f}  {}",
               std::format("{}: {} / {}", title, ours.name, theirs.name), middle, interval.estimate, low, high,
               ratios.size(), stats::median(ours.values), stats::median(theirs.values), verdict_text(goal, met));
  std::fflush(stdout);
  return met;
}

bool tell_against_fastest(std::string_view title, Column const& ours, std::span<Column const> rivals,
                          std::optional<double> goal) {
  auto const fastest = std::ranges::max_element(rivals, {}, log_mean);
  bool met = true;
  for (auto rival = rivals.begin(); rival != rivals.end(); ++rival)
    met &= tell_ratio(title, ours, *rival, rival == fastest ? goal : std::nullopt);
  return met;
}

void tell_alone(std::string_view title, Column const& column) {
  auto const [low, high] = std::ranges::minmax(column.values);
  std::println("{:62} median {:.1f} ({:.1f} to {:.1f})  {} turns  stated", std::format("{}: {}", title, column.name),
               stats::median(column.values), low, high, column.values.size());
  std::fflush(stdout);
}

bool tell_missing(std::string_view title, std::string_view reason) {
  std::println("{:62} MISSED: {}", title, reason);
  std::fflush(stdout);
  return false;
}

}  // namespace edgelab::bench
