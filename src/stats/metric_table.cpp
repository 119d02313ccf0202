#include <algorithm>
#include <array>
#include <format>

#include "stats/metrics.hpp"

namespace edgelab::stats {

namespace {

// The order is that of every report: what a reader asks first stands first within its group.
constexpr std::array table{
    MetricDef{"queue_ms", "ms", "lower", Source::timeline, "admitted − arrival; mean over requests"},
    MetricDef{"ttft_ms", "ms", "lower", Source::timeline,
              "time to first token: first emission − arrival; mean over requests"},
    MetricDef{"prefill_tps", "tok/s", "higher", Source::timeline,
              "prompt tokens evaluated (cached ones excluded) / (prefill end − admitted); total over total"},
    MetricDef{"tpot_ms", "ms", "lower", Source::timeline,
              "time per output token: (last emission − first emission) / (tokens − 1), the first token excluded; "
              "mean over requests with at least two emissions"},
    MetricDef{"decode_tps", "tok/s", "higher", Source::timeline, "1000 / tpot_ms"},
    MetricDef{"itl_ms_p50", "ms", "lower", Source::timeline,
              "inter-token latency, median: the tokens of one emission share its gap equally; TTFT is no gap"},
    MetricDef{"itl_ms_p95", "ms", "lower", Source::timeline, "the same, 95th percentile"},
    MetricDef{"itl_ms_p99", "ms", "lower", Source::timeline, "the same, 99th percentile"},
    MetricDef{"emit_gap_ms_p50", "ms", "lower", Source::timeline,
              "gap between emissions, median: what a reader sees when several tokens appear at once"},
    MetricDef{"emit_gap_ms_p95", "ms", "lower", Source::timeline, "the same, 95th percentile"},
    MetricDef{"emit_gap_ms_p99", "ms", "lower", Source::timeline, "the same, 99th percentile"},
    MetricDef{"tokens_per_emit", "tok", "higher", Source::timeline, "generated tokens / emissions"},
    MetricDef{"e2e_ms", "ms", "lower", Source::timeline, "end − arrival; mean over requests"},
    MetricDef{"e2e_norm_ms", "ms", "lower", Source::comparison,
              "ttft_ms + (n − 1) × tpot_ms, n the mean output length of the baseline in the same block: stopping "
              "early is no win"},
    MetricDef{"system_tps", "tok/s", "higher", Source::timeline, "all generated tokens / (last end − first arrival)"},
    MetricDef{"requests_per_s", "1/s", "higher", Source::timeline, "requests / (last end − first arrival)"},
    MetricDef{"goodput_rps", "1/s", "higher", Source::timeline,
              "requests within the workload's slo / (last end − first arrival); only where it has one"},
    MetricDef{"slots_busy", "slots", "higher", Source::timeline,
              "requests in a slot at a time, in the mean: sum of (end − admitted) / (last end − first arrival)"},
    MetricDef{"output_tokens", "tok", "higher", Source::timeline,
              "tokens generated; mean over requests. Neither way is better by itself: a round whose answers are of "
              "another length is named in the report"},
    MetricDef{"cached_prompt_tokens", "tok", "higher", Source::timeline,
              "prompt tokens not evaluated thanks to a cache; mean over requests"},
    MetricDef{"draft_acceptance", "ratio", "higher", Source::timeline, "accepted tokens / drafted tokens"},
    MetricDef{"accepted_per_step", "tok", "higher", Source::timeline,
              "tokens gained per sequence in a verifying step: (decoded + accepted) / decoded"},
    MetricDef{
        "step_cost_ratio", "ratio", "lower", Source::timeline,
        "mean time of a verifying step, drafting included, / mean time of a plain decoding step of the same trial; "
        "speedup = accepted_per_step / step_cost_ratio"},
    MetricDef{"server_prefill_ms", "ms", "lower", Source::timeline,
              "by a server's own clock: from when it began with a prompt to the first token; mean over requests"},
    MetricDef{"server_tpot_ms", "ms", "lower", Source::timeline,
              "by a server's own clock: first token to last / (tokens − 1), mean over requests; tpot_ms less this is "
              "what its client and the way there add to a token"},
    MetricDef{"retries", "requests", "lower", Source::timeline,
              "attempts that an endpoint refused before it answered; mean over requests"},
    MetricDef{
        "mbu", "ratio", "higher", Source::timeline,
        "model bandwidth utilisation: (weight bytes + filled KV cache bytes that a decoding pass reads) / its time / "
        "memory bandwidth of the triad"},
    MetricDef{"cpu_util", "cores", "lower", Source::timeline, "CPU time of the executor's processes / time"},
    MetricDef{"cpu_ms_per_token", "ms", "lower", Source::timeline,
              "CPU time of the executor's processes / generated tokens"},
    MetricDef{"major_faults", "1/s", "lower", Source::timeline, "page faults that had to read from a disk, a second"},
    MetricDef{"minor_faults", "1/s", "lower", Source::timeline, "page faults that found the page in memory, a second"},
    MetricDef{"voluntary_switches", "1/s", "lower", Source::timeline,
              "context switches of threads that waited for something, a second"},
    MetricDef{"involuntary_switches", "1/s", "lower", Source::timeline,
              "context switches of threads that would have gone on, a second: others wanted the core"},
    MetricDef{"others_busy_cores", "cores", "lower", Source::timeline,
              "cores kept busy by anything but the executor and the coordinator"},
    MetricDef{"cpu_mhz", "MHz", "higher", Source::timeline, "frequency of the fastest core; mean over samples"},
    MetricDef{"temp_c", "°C", "lower", Source::timeline,
              "temperature of the processor's hottest sensor; mean over samples"},
    MetricDef{"temp_max_c", "°C", "lower", Source::timeline, "the same, the highest sample"},
    MetricDef{"throttled", "ratio", "lower", Source::timeline,
              "1 where the processor was slowed down for its heat in the trial, else 0: the mean is a share of trials"},
    MetricDef{"energy_j", "J", "lower", Source::timeline, "drawn in the trial by what environment.json lists, gross"},
    MetricDef{"energy_net_j", "J", "lower", Source::timeline, "energy_j − idle power × time"},
    MetricDef{"power_w", "W", "lower", Source::timeline, "energy_j / time"},
    MetricDef{"j_per_token", "J/tok", "lower", Source::timeline, "energy_j, gross, / generated tokens"},
    MetricDef{"model_bytes", "B", "lower", Source::memory, "the model's weights, as the executor allocates them"},
    MetricDef{"kv_cache_bytes", "B", "lower", Source::memory, "the KV cache, as the executor allocates it"},
    MetricDef{"compute_bytes", "B", "lower", Source::memory, "compute buffers, as the executor allocates them"},
    MetricDef{"draft_model_bytes", "B", "lower", Source::memory, "the draft model's weights"},
    MetricDef{"draft_kv_cache_bytes", "B", "lower", Source::memory, "the draft model's KV cache"},
    MetricDef{"draft_compute_bytes", "B", "lower", Source::memory, "the draft model's compute buffers"},
    MetricDef{"rss_peak_bytes", "B", "lower", Source::memory,
              "peak resident set of the executor's process and of those it started, reset before the trial"},
    MetricDef{"rss_mean_bytes", "B", "lower", Source::memory, "resident set of these processes; mean over samples"},
    MetricDef{
        "pss_peak_bytes", "B", "lower", Source::memory,
        "proportional set size of these processes, a page that n processes share counted as 1/n; the largest sample"},
    MetricDef{"pss_mean_bytes", "B", "lower", Source::memory, "the same, mean over samples"},
    MetricDef{"swap_peak_bytes", "B", "lower", Source::memory, "swapped out of these processes; the largest sample"},
};

constexpr std::string_view source_text(Source source) {
  switch (source) {
    case Source::timeline: return "timed trials";
    case Source::memory: return "memory trials";
    case Source::comparison: return "timed trials, with the baseline's";
  }
  return {};
}

}  // namespace

std::span<MetricDef const> metric_table() { return table; }

MetricDef const* find_metric(std::string_view name) {
  auto const found = std::ranges::find(table, name, &MetricDef::name);
  return found == table.end() ? nullptr : &*found;
}

std::optional<double> value_of(std::span<Metric const> metrics, std::string_view name) {
  auto const found = std::ranges::find(metrics, name, &Metric::name);
  if (found == metrics.end()) return std::nullopt;
  return found->value;
}

std::string render_metric_table() {
  std::string text = "| metric | unit | better | from | definition |\n|---|---|---|---|---|\n";
  for (auto const& metric : table)
    text += std::format("| `{}` | {} | {} | {} | {} |\n", metric.name, metric.unit, metric.better,
                        source_text(metric.source), metric.formula);
  return text;
}

}  // namespace edgelab::stats
