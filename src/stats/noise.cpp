#include "stats/noise.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "stats/blocks.hpp"
#include "stats/inference.hpp"
#include "stats/power.hpp"

namespace edgelab::stats {

namespace {

constexpr std::array<std::string_view, 3> shown{"decode_tps", "ttft_ms", "e2e_ms"};
constexpr std::array effects{0.10, 0.05, 0.02, 0.01};
constexpr double longest_s = 86'400.0;
constexpr double nothing = 1e-9;   // of a logarithm: what rounding leaves
constexpr std::int32_t most_blocks = 100'000;

std::vector<Effort> efforts_of(double sd_log, double seconds_per_block, double level) {
  std::vector<Effort> efforts;
  if (sd_log < nothing) return efforts;
  auto const most = seconds_per_block * most_blocks > longest_s
                        ? std::max(3, static_cast<std::int32_t>(longest_s / seconds_per_block))
                        : most_blocks;
  for (double const effect : effects)
    if (auto const blocks = blocks_needed(sd_log, effect, level, most))
      efforts.push_back({.effect = effect, .blocks = *blocks, .seconds = *blocks * seconds_per_block});
  return efforts;
}

double wall_s(BlockTrials const& trials) {
  double sum = 0.0;
  for (auto const& [block, trial] : trials) sum += trial->wall_ms / 1000.0;
  return sum / std::max<double>(1.0, static_cast<double>(trials.size()));
}

}  // namespace

NoiseFloor noise_floor(Plan const& plan, std::span<TrialResult const> trials, std::size_t again, double level) {
  auto const cells = by_cell(plan, trials);
  auto const& twin = cells[again];
  auto const& baseline = cells[plan.cells[again].baseline];

  NoiseFloor noise;
  noise.t_level = level;
  noise.seconds_per_block = wall_s(twin.timed) + wall_s(baseline.timed);
  for (auto const& [block, trial] : twin.timed) noise.blocks += baseline.timed.contains(block) ? 1 : 0;
  std::vector<double> p;
  for (auto const& metric : metric_table()) {
    if (metric.source == Source::memory) continue;
    auto const logs = list_of(log_ratio_of(values_of(metric, twin, baseline), values_of(metric, baseline, baseline)));
    auto const interval = ratio_interval(logs);
    if (!interval.ci95) continue;
    auto const [low, high] = *interval.ci95;
    ++noise.comparisons;
    noise.false_differences += low > 1.0 || high < 1.0 ? 1 : 0;
    p.push_back(interval.p.value_or(1.0));
    if (!std::ranges::contains(shown, metric.name)) continue;
    double const sd_log = standard_deviation(logs);
    noise.metrics.push_back({.name = std::string(metric.name),
                             .ratio = interval.estimate,
                             .ci95 = interval.ci95,
                             .n = interval.n,
                             .sd_log = sd_log,
                             .detectable = interval.detectable,
                             .efforts = efforts_of(sd_log, noise.seconds_per_block, level)});
  }
  for (double const adjusted : benjamini_hochberg(p)) noise.false_after_adjustment += adjusted <= 0.05 ? 1 : 0;
  std::ranges::sort(noise.metrics, {},
                    [](NoiseOfMetric const& metric) { return std::ranges::find(shown, metric.name); });
  return noise;
}

}  // namespace edgelab::stats
