#include "stats/metrics.hpp"

#include <algorithm>
#include <cmath>

#include "stats/gaps.hpp"
#include "stats/goodput.hpp"

namespace edgelab::stats {

namespace {

constexpr double ns_per_ms = 1e6;
constexpr double ns_per_s = 1e9;

double in_ms(std::int64_t ns) { return static_cast<double>(ns) / ns_per_ms; }

// A list of metrics that takes only what is a number.
class Metrics {
 public:
  void add(std::string_view name, double value) {
    if (std::isfinite(value)) list_.push_back({std::string(name), value});
  }
  // Leaves the metric out when there is nothing to divide by.
  void add_ratio(std::string_view name, double numerator, double denominator) {
    if (denominator > 0.0) add(name, numerator / denominator);
  }
  std::vector<Metric> take() { return std::move(list_); }

 private:
  std::vector<Metric> list_;
};

// Mean of what was given, where anything was. Summed in double: nanoseconds of many requests may pass 2^63.
struct Mean {
  double sum = 0.0;
  std::int64_t count = 0;
  void take(double value) {
    sum += value;
    ++count;
  }
};

void add_mean(Metrics& metrics, std::string_view name, Mean const& mean) {
  metrics.add_ratio(name, mean.sum, static_cast<double>(mean.count));
}

// What is added up over the requests.
struct RequestTotals {
  Mean queue_ms;
  Mean ttft_ms;
  Mean tpot_ms;
  Mean e2e_ms;
  Mean cached_tokens;
  double prefill_ns = 0.0;
  double evaluated_tokens = 0.0;
  double tokens = 0.0;
  double in_slots_ns = 0.0;
  bool slots_known = true;     // of every request when it was admitted
  bool tokens_known = true;    // and how many tokens it got
  Mean server_prefill_ms;
  Mean server_tpot_ms;
  Mean retries;
  double drafted = 0.0;        // by requests' own counts
  double accepted = 0.0;
  std::int64_t first_arrival_ns = 0;
  std::int64_t last_end_ns = 0;
};

// Adds the emissions of one request, whose gaps begin at `first`; returns the tokens they brought.
std::int64_t add_emissions(RequestTotals& totals, Timeline const& timeline, std::size_t first, std::size_t count) {
  if (count == 0) return 0;
  auto const& e = timeline.emissions;
  std::int64_t span_ns = 0;
  std::int64_t tokens = e.tokens[first];
  for (std::size_t i = first + 1; i < first + count; ++i) {
    span_ns += e.gap_ns[i];
    tokens += e.tokens[i];
  }
  totals.tokens += static_cast<double>(tokens);
  totals.ttft_ms.take(in_ms(e.gap_ns[first]));
  if (count > 1) totals.tpot_ms.take(in_ms(span_ns) / static_cast<double>(tokens - 1));
  return tokens;
}

// A row's value of a column that may be left out; -1 where it is not known.
template <typename T>
std::int64_t value_of(std::vector<T> const& column, std::size_t row) {
  return column.empty() ? -1 : std::int64_t{column[row]};
}

// Adds what a server says of request `row`, which got so many tokens.
void add_server(RequestTotals& totals, RequestColumns const& r, std::size_t row, std::int64_t tokens) {
  if (auto const ns = value_of(r.server_prefill_ns, row); ns >= 0) totals.server_prefill_ms.take(in_ms(ns));
  if (auto const ns = value_of(r.server_decode_ns, row); ns >= 0 && tokens > 1)
    totals.server_tpot_ms.take(in_ms(ns) / static_cast<double>(tokens - 1));
  if (auto const count = value_of(r.retries, row); count >= 0) totals.retries.take(static_cast<double>(count));
  if (auto const drafted = value_of(r.drafted, row), accepted = value_of(r.accepted, row); drafted > 0 && accepted >= 0) {
    totals.drafted += static_cast<double>(drafted);
    totals.accepted += static_cast<double>(accepted);
  }
}

RequestTotals add_up(Timeline const& timeline) {
  auto const& r = timeline.requests;
  RequestTotals totals;
  totals.first_arrival_ns = r.arrival_ns.empty() ? 0 : r.arrival_ns.front();
  std::size_t emission = 0;
  std::int64_t arrival = 0;
  for (std::size_t row = 0; row < r.id.size(); ++row) {
    arrival += r.arrival_ns[row];
    totals.last_end_ns = std::max(totals.last_end_ns, arrival + r.end_ns[row]);
    auto const admitted = r.admitted_ns[row];
    if (admitted >= 0) {
      totals.queue_ms.take(in_ms(admitted));
      totals.in_slots_ns += static_cast<double>(r.end_ns[row] - admitted);
    }
    totals.slots_known = totals.slots_known && admitted >= 0;
    totals.e2e_ms.take(in_ms(r.end_ns[row]));
    if (r.cached_tokens[row] >= 0) totals.cached_tokens.take(static_cast<double>(r.cached_tokens[row]));
    if (r.prefill_end_ns[row] >= 0 && r.prompt_tokens[row] >= 0 && r.cached_tokens[row] >= 0) {
      totals.prefill_ns += static_cast<double>(r.prefill_end_ns[row]);
      totals.evaluated_tokens += static_cast<double>(r.prompt_tokens[row] - r.cached_tokens[row]);
    }
    auto const count = static_cast<std::size_t>(r.emissions[row]);
    totals.tokens_known = totals.tokens_known && (count > 0 || r.text[row].empty());
    auto const tokens = add_emissions(totals, timeline, emission, count);
    add_server(totals, r, row, tokens);
    emission += count;
  }
  return totals;
}

void add_percentiles(Metrics& metrics, Timeline const& timeline) {
  auto const gaps = gap_percentiles(timeline);
  if (!gaps) return;
  metrics.add("itl_ms_p50", gaps->itl_ns[0] / ns_per_ms);
  metrics.add("itl_ms_p95", gaps->itl_ns[1] / ns_per_ms);
  metrics.add("itl_ms_p99", gaps->itl_ns[2] / ns_per_ms);
  metrics.add("emit_gap_ms_p50", gaps->emit_gap_ns[0] / ns_per_ms);
  metrics.add("emit_gap_ms_p95", gaps->emit_gap_ns[1] / ns_per_ms);
  metrics.add("emit_gap_ms_p99", gaps->emit_gap_ns[2] / ns_per_ms);
}

// A verifying step checks drafted tokens; a plain one only decodes. Steps that also evaluate prompts cost
// what the prompts cost, so they tell nothing of either.
void add_speculation(Metrics& metrics, StepColumns const& s) {
  double drafted = 0.0;
  double accepted = 0.0;
  double decoded = 0.0;   // in verifying steps
  Mean verifying_ns;
  Mean plain_ns;
  for (std::size_t row = 0; row < s.start_ns.size(); ++row) {
    bool const verifies = s.drafted[row] > 0;
    if (verifies) {
      drafted += s.drafted[row];
      accepted += s.accepted[row];
      decoded += s.decode_tokens[row];
    }
    if (s.prefill_tokens[row] > 0) continue;
    auto const duration = static_cast<double>(s.duration_ns[row]);
    if (verifies)
      verifying_ns.take(duration);
    else if (s.decode_tokens[row] > 0)
      plain_ns.take(duration);
  }
  if (drafted <= 0.0) return;
  metrics.add("draft_acceptance", accepted / drafted);
  metrics.add_ratio("accepted_per_step", decoded + accepted, decoded);
  if (verifying_ns.count > 0 && plain_ns.count > 0)
    metrics.add_ratio("step_cost_ratio", verifying_ns.sum / static_cast<double>(verifying_ns.count),
                      plain_ns.sum / static_cast<double>(plain_ns.count));
}

}  // namespace

std::vector<Metric> memory_metrics(MemoryUse const& memory) {
  Metrics metrics;
  auto const add = [&](std::string_view name, std::optional<std::int64_t> bytes) {
    if (bytes) metrics.add(name, static_cast<double>(*bytes));
  };
  add("model_bytes", memory.model_bytes);
  add("kv_cache_bytes", memory.kv_cache_bytes);
  add("compute_bytes", memory.compute_bytes);
  add("draft_model_bytes", memory.draft_model_bytes);
  add("draft_kv_cache_bytes", memory.draft_kv_cache_bytes);
  add("draft_compute_bytes", memory.draft_compute_bytes);
  add("rss_peak_bytes", memory.rss_peak_bytes);
  return metrics.take();
}

std::vector<Metric> metrics_of(Timeline const& timeline, MemoryUse const& memory, std::optional<Slo> const& slo) {
  Metrics metrics;
  auto const totals = add_up(timeline);
  auto const requests = static_cast<double>(timeline.requests.id.size());

  add_mean(metrics, "queue_ms", totals.queue_ms);
  add_mean(metrics, "ttft_ms", totals.ttft_ms);
  if (totals.evaluated_tokens > 0.0)
    metrics.add_ratio("prefill_tps", totals.evaluated_tokens * ns_per_s, totals.prefill_ns);
  if (totals.tpot_ms.sum > 0.0) {
    double const tpot_ms = totals.tpot_ms.sum / static_cast<double>(totals.tpot_ms.count);
    metrics.add("tpot_ms", tpot_ms);
    metrics.add("decode_tps", 1000.0 / tpot_ms);
  }
  add_percentiles(metrics, timeline);
  metrics.add_ratio("tokens_per_emit", totals.tokens, static_cast<double>(timeline.emissions.gap_ns.size()));
  add_mean(metrics, "e2e_ms", totals.e2e_ms);
  double const makespan_s = static_cast<double>(totals.last_end_ns - totals.first_arrival_ns) / ns_per_s;
  if (totals.tokens > 0.0 && totals.tokens_known) metrics.add_ratio("system_tps", totals.tokens, makespan_s);
  metrics.add_ratio("requests_per_s", requests, makespan_s);
  if (slo && totals.tokens_known) metrics.add_ratio("goodput_rps", static_cast<double>(requests_within(*slo, timeline)), makespan_s);
  if (totals.slots_known) metrics.add_ratio("slots_busy", totals.in_slots_ns / ns_per_s, makespan_s);
  if (totals.tokens_known) metrics.add_ratio("output_tokens", totals.tokens, requests);
  add_mean(metrics, "cached_prompt_tokens", totals.cached_tokens);
  add_speculation(metrics, timeline.steps);
  if (timeline.steps.start_ns.empty()) metrics.add_ratio("draft_acceptance", totals.accepted, totals.drafted);
  add_mean(metrics, "server_prefill_ms", totals.server_prefill_ms);
  add_mean(metrics, "server_tpot_ms", totals.server_tpot_ms);
  add_mean(metrics, "retries", totals.retries);

  auto list = metrics.take();
  std::ranges::move(memory_metrics(memory), std::back_inserter(list));
  return list;
}

}  // namespace edgelab::stats
