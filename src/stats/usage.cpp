#include "stats/usage.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <string_view>

namespace edgelab::stats {

namespace {

constexpr double ns_per_s = 1e9;

class Metrics {
 public:
  void add(std::string_view name, std::optional<double> value) {
    if (value && std::isfinite(*value)) list_.push_back({std::string(name), *value});
  }
  std::vector<Metric> take() { return std::move(list_); }

 private:
  std::vector<Metric> list_;
};

std::optional<double> over(std::optional<double> value, double divisor) {
  return value && divisor > 0.0 ? std::optional(*value / divisor) : std::nullopt;
}

double tokens_of(Timeline const& timeline) {
  auto const& counts = timeline.emissions.tokens;
  return static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
}

// Passes of the target model that only decode, the time they took, and how many sequences each of them served.
struct Decoding {
  double passes = 0.0;
  double seconds = 0.0;
  double sequences = 1.0;
};

std::optional<Decoding> decoding_in_steps(StepColumns const& steps) {
  Decoding found;
  double sequences = 0.0;
  for (std::size_t row = 0; row < steps.start_ns.size(); ++row) {
    if (steps.prefill_tokens[row] > 0 || steps.decode_tokens[row] <= 0) continue;
    found.passes += 1.0;
    found.seconds += static_cast<double>(steps.duration_ns[row]) / ns_per_s;
    sequences += steps.decode_tokens[row];
  }
  if (found.passes == 0.0) return std::nullopt;
  found.sequences = sequences / found.passes;
  return found;
}

// Where one request follows the other, an emission of one token is a pass.
std::optional<Decoding> decoding_in_emissions(Timeline const& timeline) {
  auto const& r = timeline.requests;
  if (std::ranges::any_of(timeline.emissions.tokens, [](std::int32_t tokens) { return tokens != 1; }))
    return std::nullopt;
  Decoding found;
  std::size_t emission = 0;
  std::int64_t arrival = 0;
  std::int64_t free_from = 0;
  for (std::size_t row = 0; row < r.id.size(); ++row) {
    arrival += r.arrival_ns[row];
    if (arrival + std::max<std::int64_t>(r.admitted_ns[row], 0) < free_from) return std::nullopt;    // two at once
    free_from = arrival + r.end_ns[row];
    for (std::int32_t i = 0; i < r.emissions[row]; ++i, ++emission) {
      if (i == 0) continue;
      found.passes += 1.0;
      found.seconds += static_cast<double>(timeline.emissions.gap_ns[emission]) / ns_per_s;
    }
  }
  return found.passes > 0.0 ? std::optional(found) : std::nullopt;
}

// Tokens in the context of a sequence while it is decoded: half of what is generated is there on average. Weighted by tokens.
double mean_context(Timeline const& timeline) {
  auto const& r = timeline.requests;
  double weight = 0.0;
  double sum = 0.0;
  std::size_t emission = 0;
  for (std::size_t row = 0; row < r.id.size(); ++row) {
    double tokens = 0.0;
    for (std::int32_t i = 0; i < r.emissions[row]; ++i, ++emission) tokens += timeline.emissions.tokens[emission];
    sum += tokens * (r.prompt_tokens[row] + tokens / 2.0);
    weight += tokens;
  }
  return weight > 0.0 ? sum / weight : 0.0;
}

}  // namespace

std::vector<Metric> usage_metrics(Usage const& usage, MachineRates const& machine, Timeline const& timeline) {
  Metrics metrics;
  double const tokens = tokens_of(timeline);
  metrics.add("cpu_util", over(usage.cpu_s, usage.window_s));
  metrics.add("cpu_ms_per_token", over(usage.cpu_s ? std::optional(*usage.cpu_s * 1000.0) : std::nullopt, tokens));
  metrics.add("major_faults", over(usage.major_faults, usage.window_s));
  metrics.add("minor_faults", over(usage.minor_faults, usage.window_s));
  metrics.add("voluntary_switches", over(usage.voluntary_switches, usage.exchange_s));
  metrics.add("involuntary_switches", over(usage.involuntary_switches, usage.exchange_s));
  metrics.add("others_busy_cores", usage.others_busy_cores);
  metrics.add("cpu_mhz", usage.cpu_mhz);
  metrics.add("temp_c", usage.temp_mean_c);
  metrics.add("temp_max_c", usage.temp_max_c);
  if (usage.throttled) metrics.add("throttled", *usage.throttled ? 1.0 : 0.0);
  metrics.add("energy_j", usage.energy_j);
  if (usage.energy_j && machine.idle_w) metrics.add("energy_net_j", *usage.energy_j - *machine.idle_w * usage.window_s);
  metrics.add("power_w", over(usage.energy_j, usage.window_s));
  metrics.add("j_per_token", over(usage.energy_j, tokens));
  return metrics.take();
}

std::vector<Metric> memory_usage_metrics(Usage const& usage) {
  Metrics metrics;
  metrics.add("rss_mean_bytes", usage.rss_mean_bytes);
  metrics.add("pss_peak_bytes", usage.pss_peak_bytes);
  metrics.add("pss_mean_bytes", usage.pss_mean_bytes);
  metrics.add("swap_peak_bytes", usage.swap_peak_bytes);
  return metrics.take();
}

std::optional<double> bandwidth_use(Timeline const& timeline, MemoryUse const& memory,
                                    std::optional<double> context_cells, MachineRates const& machine) {
  if (!memory.model_bytes || !memory.kv_cache_bytes || !context_cells || *context_cells <= 0.0) return std::nullopt;
  if (!machine.memory_bytes_per_s || *machine.memory_bytes_per_s <= 0.0) return std::nullopt;
  auto const decoding =
      timeline.steps.start_ns.empty() ? decoding_in_emissions(timeline) : decoding_in_steps(timeline.steps);
  if (!decoding || decoding->seconds <= 0.0) return std::nullopt;
  if (std::ranges::any_of(timeline.requests.prompt_tokens, [](auto count) { return count < 0; })) return std::nullopt;
  double const filled = std::min(1.0, mean_context(timeline) * decoding->sequences / *context_cells);
  double const bytes_a_pass =
      static_cast<double>(*memory.model_bytes) + filled * static_cast<double>(*memory.kv_cache_bytes);
  return decoding->passes * bytes_a_pass / decoding->seconds / *machine.memory_bytes_per_s;
}

}  // namespace edgelab::stats
