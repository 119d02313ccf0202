#include "stats/sustained.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

#include "stats/metrics.hpp"
#include "stats/power.hpp"

namespace edgelab::stats {

namespace {

struct Group {
  double mean = 0.0;         // of logarithms
  double error2 = 0.0;       // of that mean, squared
  double freedom = 0.0;
};

std::optional<Group> group_of(std::span<double const> values) {
  if (values.empty()) return std::nullopt;
  std::vector<double> logs;
  for (double const value : values) {
    if (value <= 0.0) return std::nullopt;
    logs.push_back(std::log(value));
  }
  auto const n = static_cast<double>(logs.size());
  double sum = 0.0;
  for (double const log : logs) sum += log;
  Group group{.mean = sum / n, .error2 = 0.0, .freedom = n - 1.0};
  if (logs.size() > 1) group.error2 = std::pow(standard_deviation(logs), 2.0) / n;
  return group;
}

// The mean of what points have, where any has it.
template <typename Read>
std::optional<double> mean_of(std::span<SustainedPoint const> points, Read const& read) {
  double sum = 0.0;
  int count = 0;
  for (auto const& point : points)
    if (std::optional<double> const value = read(point)) {
      sum += *value;
      ++count;
    }
  return count > 0 ? std::optional(sum / count) : std::nullopt;
}

SustainedWindow window_of(std::span<SustainedPoint const> points, double from_s, double to_s) {
  return {.from_s = from_s,
          .to_s = to_s,
          .trials = static_cast<std::int32_t>(points.size()),
          .value = mean_of(points, [](auto const& p) { return std::optional(p.value); }).value_or(0.0),
          .temp_c = mean_of(points, [](auto const& p) { return p.temp_c; }),
          .cpu_mhz = mean_of(points, [](auto const& p) { return p.cpu_mhz; }),
          .power_w = mean_of(points, [](auto const& p) { return p.power_w; }),
          .throttled = mean_of(points, [](auto const& p) {
            return p.throttled ? std::optional(*p.throttled ? 1.0 : 0.0) : std::nullopt;
          })};
}

std::vector<double> values_of(std::span<SustainedPoint const> points) {
  std::vector<double> values;
  for (auto const& point : points) values.push_back(point.value);
  return values;
}

void add_windows(SustainedSummary& summary) {
  std::span<SustainedPoint const> const points = summary.points;
  auto const count = std::clamp(static_cast<std::int32_t>(points.size()) / 2, 1, most_windows);
  std::vector<std::span<SustainedPoint const>> parts;
  for (std::int32_t i = 0; i < count; ++i) {
    double const from_s = summary.seconds * i / count;
    double const to_s = summary.seconds * (i + 1) / count;
    auto const begin = std::ranges::lower_bound(points, from_s, {}, &SustainedPoint::at_s);
    auto const end = i + 1 == count ? points.end() : std::ranges::lower_bound(points, to_s, {}, &SustainedPoint::at_s);
    if (begin == end) continue;    // one trial was longer than a window
    parts.emplace_back(begin, end);
    summary.windows.push_back(window_of(parts.back(), from_s, to_s));
  }
  if (parts.size() < 2) return;
  if (auto const change = unpaired_ratio(values_of(parts.back()), values_of(parts.front()))) {
    summary.ratio = change->ratio;
    summary.ci95 = change->ci95;
  }
}

std::optional<bool> is_set(std::optional<double> value) { return value ? std::optional(*value > 0.0) : std::nullopt; }

}  // namespace

std::optional<UnpairedRatio> unpaired_ratio(std::span<double const> b, std::span<double const> a) {
  auto const later = group_of(b);
  auto const earlier = group_of(a);
  if (!later || !earlier) return std::nullopt;
  double const difference = later->mean - earlier->mean;
  UnpairedRatio found{.ratio = std::exp(difference)};
  double const error2 = later->error2 + earlier->error2;
  if (later->freedom < 1.0 || earlier->freedom < 1.0) return found;
  if (error2 <= 0.0) {
    found.ci95 = {found.ratio, found.ratio};
    return found;
  }
  // Welch and Satterthwaite's degrees of freedom.
  double const freedom =
      error2 * error2 /
      (later->error2 * later->error2 / later->freedom + earlier->error2 * earlier->error2 / earlier->freedom);
  double const half = boost::math::quantile(boost::math::students_t(freedom), 0.975) * std::sqrt(error2);
  found.ci95 = {std::exp(difference - half), std::exp(difference + half)};
  return found;
}

std::vector<SustainedSummary> sustained_summaries(Plan const& plan, std::span<TrialResult const> trials) {
  std::vector<SustainedSummary> found;
  for (std::size_t cell = 0; cell < plan.cells.size(); ++cell) {
    SustainedSummary summary{.cell = plan.cells[cell].id, .metric = {}, .unit = {}};
    for (auto const& trial : trials) {
      if (trial.planned.cell != cell || trial.planned.kind != TrialKind::sustained) continue;
      double const begin_s = summary.seconds;
      summary.seconds += trial.wall_ms / 1000.0;     // a failed trial has warmed the machine too
      if (trial.status != Status::ok) continue;
      if (summary.metric.empty()) summary.metric = value_of(trial.metrics, "decode_tps") ? "decode_tps" : "system_tps";
      auto const value = value_of(trial.metrics, summary.metric);
      if (!value) continue;
      summary.points.push_back({.at_s = begin_s,
                                .value = *value,
                                .temp_c = value_of(trial.metrics, "temp_c"),
                                .cpu_mhz = value_of(trial.metrics, "cpu_mhz"),
                                .power_w = value_of(trial.metrics, "power_w"),
                                .throttled = is_set(value_of(trial.metrics, "throttled"))});
    }
    if (summary.points.empty()) continue;
    summary.unit = find_metric(summary.metric)->unit;
    add_windows(summary);
    found.push_back(std::move(summary));
  }
  return found;
}

}  // namespace edgelab::stats
