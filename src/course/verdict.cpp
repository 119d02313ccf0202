#include "course/verdict.hpp"

#include <algorithm>
#include <array>
#include <format>
#include <numeric>
#include <utility>

#include "course/ledger.hpp"
#include "stats/metrics.hpp"
#include "types/ledger.hpp"

namespace edgelab::course {

namespace {

// "request 'a' ended with error: out of slots" for the first request that failed.
std::optional<std::string> failed_request(RequestColumns const& requests) {
  for (std::size_t i = 0; i < requests.finish.size(); ++i) {
    if (requests.finish[i].starts_with("error")) {
      return "request '" + (i < requests.id.size() ? requests.id[i] : "?") + "' ended with " + requests.finish[i];
    }
  }
  return std::nullopt;
}

// A trial that ends early has measured something else than its cell's others.
std::optional<std::string> too_short(Protocol const& protocol, PlannedTrial const& planned, Timeline const& timeline) {
  if (planned.kind == TrialKind::memory) return std::nullopt;    // one pass, however long
  bool const uncounted = timeline.emissions.tokens.empty() &&
                         std::ranges::any_of(timeline.requests.text, [](auto const& text) { return !text.empty(); });
  if (uncounted) return std::nullopt;    // an executor that sees no tokens
  auto const& counts = timeline.emissions.tokens;
  auto const tokens = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  if (tokens >= protocol.trial_min_tokens) return std::nullopt;
  return std::format("the executor ended the trial after {} tokens; it was asked to go on until there are {}", tokens,
                     protocol.trial_min_tokens);
}

TrialResult failed(TrialResult result, std::string reason) {
  result.status = Status::failed;
  result.reason = std::move(reason);
  result.timeline = {};
  result.metrics.clear();
  return result;
}

// What an emulator does not change: how much was done, and how much memory the executor allocated. What its process takes is the
// emulator's as well.
void keep_counts(std::vector<Metric>& metrics) {
  constexpr std::array counts{"tokens_per_emit", "output_tokens", "cached_prompt_tokens", "draft_acceptance",
                              "accepted_per_step", "retries"};
  std::erase_if(metrics, [&](Metric const& metric) {
    auto const* const known = stats::find_metric(metric.name);
    bool const allocated = known != nullptr && known->source == stats::Source::memory;
    return !allocated && !std::ranges::contains(counts, metric.name);
  });
}

}  // namespace

TrialResult judge(Plan const& plan, PlannedTrial const& planned, TrialAnswer answer) {
  TrialResult result;
  result.planned = planned;
  result.in_force = std::move(answer.done.in_force);
  auto const& memory = answer.done.memory;
  result.memory = {.model_bytes = memory.model_bytes ? memory.model_bytes : answer.loaded_model_bytes,
                   .kv_cache_bytes = memory.kv_cache_bytes,
                   .compute_bytes = memory.compute_bytes,
                   .draft_model_bytes = memory.draft_model_bytes,
                   .draft_kv_cache_bytes = memory.draft_kv_cache_bytes,
                   .draft_compute_bytes = memory.draft_compute_bytes,
                   .rss_peak_bytes = memory.rss_peak_bytes || memory.elsewhere.value_or(false) ? memory.rss_peak_bytes
                                                                                               : answer.rss_peak_bytes};
  if (ledger::is_emulated(result.in_force)) result.memory.rss_peak_bytes.reset();
  if (auto reason = failed_request(answer.timeline.requests)) return failed(std::move(result), std::move(*reason));
  if (auto const sound = stats::check_timeline(answer.timeline); !sound) {
    return failed(std::move(result), "the executor's timeline makes no sense: " + sound.error().describe());
  }
  if (auto reason = too_short(plan.experiment.protocol, planned, answer.timeline)) {
    return failed(std::move(result), std::move(*reason));
  }
  auto const asked = asked_of(plan, plan.cells[planned.cell]);
  if (auto reason = contradiction(plan.experiment, asked, result.in_force)) {
    return failed(std::move(result), std::move(*reason));
  }
  auto const& slo = plan.experiment.workloads[plan.cells[planned.cell].workload].slo;
  // Times of a fresh, cold process and the memory of one used before are no measurements.
  result.metrics = planned.kind == TrialKind::memory ? stats::memory_metrics(result.memory)
                                                     : stats::metrics_of(answer.timeline, {}, slo);
  if (ledger::is_emulated(result.in_force)) keep_counts(result.metrics);
  result.timeline = std::move(answer.timeline);
  return result;
}

TrialResult troubled(PlannedTrial const& planned, Status status, std::string reason) {
  TrialResult result;
  result.planned = planned;
  result.status = status;
  result.reason = std::move(reason);
  return result;
}

}  // namespace edgelab::course
