#include "runner/trial.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <format>
#include <numeric>
#include <utility>

#include "core/clock.hpp"
#include "core/text.hpp"
#include "plan/plan.hpp"
#include "runner/ledger.hpp"
#include "stats/metrics.hpp"
#include "stats/usage.hpp"

namespace edgelab::runner {

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

TrialResult troubled(PlannedTrial const& planned, executor::Trouble const& trouble) {
  TrialResult result;
  result.planned = planned;
  result.status = trouble.status;
  result.reason = trouble.reason;
  return result;
}

TrialResult failed(TrialResult result, std::string reason) {
  result.status = Status::failed;
  result.reason = std::move(reason);
  result.timeline = {};
  result.metrics.clear();
  return result;
}

// From the first arrival to the last end.
std::chrono::nanoseconds makespan(RequestColumns const& requests) {
  std::int64_t arrival = 0;
  std::int64_t last_end = 0;
  for (std::size_t i = 0; i < requests.id.size(); ++i) {
    if (i > 0) arrival += requests.arrival_ns[i];    // the first one counts from the start of the trial
    last_end = std::max(last_end, arrival + requests.end_ns[i]);
  }
  return std::chrono::nanoseconds(last_end);
}

// How many tokens the KV cache has room for, where the executor says so.
std::optional<double> context_cells(Flags const& in_force) {
  auto const found = in_force.find("n-ctx");
  if (found == in_force.end()) return std::nullopt;
  double cells = 0.0;
  auto const* const end = found->second.data() + found->second.size();
  auto const [rest, error] = std::from_chars(found->second.data(), end, cells);
  return error == std::errc{} && rest == end ? std::optional(cells) : std::nullopt;
}

}  // namespace

protocol::TrialRequest request_message(Request const& request) {
  protocol::TrialRequest message;
  message.id = request.id;
  message.prompt = request.prompt;
  for (auto const& [role, content] : request.messages)
    message.messages.push_back({{"role", role}, {"content", content}});
  message.synthetic_tokens = request.synthetic_tokens;
  message.max_tokens = request.max_tokens;
  message.ignore_eos = request.ignore_eos;
  return message;
}

protocol::Run run_message(Plan const& plan, PlannedTrial const& planned) {
  Cell const& cell = plan.cells[planned.cell];
  Workload const& workload = plan.experiment.workloads[cell.workload];
  Protocol const& protocol = plan.experiment.protocol;
  protocol::Run message;
  message.flags = cell.resolved;
  for (auto const& drawn : plan::draw_requests(workload, planned.seed)) {
    auto const& request = workload.requests[drawn.request];
    auto sent = request_message(request);
    sent.arrival_us = drawn.arrival_us;
    if (request.follows) sent.after = message.requests.back().id;
    message.requests.push_back(std::move(sent));
  }
  message.concurrency = workload.arrivals.kind == Arrivals::Kind::closed ? workload.arrivals.concurrency : 1;
  message.temperature = workload.sampling.temperature;
  message.top_k = workload.sampling.top_k;
  message.top_p = workload.sampling.top_p;
  message.seed = planned.seed;
  if (planned.kind != TrialKind::memory) {
    message.min_s = protocol.trial_min_s;
    message.min_tokens = protocol.trial_min_tokens;
  }
  return message;
}

TrialResult judge(Plan const& plan, PlannedTrial const& planned, executor::Ran ran,
                  std::optional<std::int64_t> loaded_model_bytes) {
  TrialResult result;
  result.planned = planned;
  result.in_force = std::move(ran.done.in_force);
  auto const& memory = ran.done.memory;
  result.memory = {.model_bytes = memory.model_bytes ? memory.model_bytes : loaded_model_bytes,
                   .kv_cache_bytes = memory.kv_cache_bytes,
                   .compute_bytes = memory.compute_bytes,
                   .draft_model_bytes = memory.draft_model_bytes,
                   .draft_kv_cache_bytes = memory.draft_kv_cache_bytes,
                   .draft_compute_bytes = memory.draft_compute_bytes,
                   .rss_peak_bytes = memory.rss_peak_bytes || memory.elsewhere.value_or(false) ? memory.rss_peak_bytes
                                                                                              : ran.rss_peak_bytes};
  if (auto const sound = stats::check_timeline(ran.timeline); !sound) {
    return failed(std::move(result), "the executor's timeline makes no sense: " + sound.error().describe());
  }
  if (auto reason = failed_request(ran.timeline.requests)) return failed(std::move(result), std::move(*reason));
  if (auto reason = too_short(plan.experiment.protocol, planned, ran.timeline)) {
    return failed(std::move(result), std::move(*reason));
  }
  auto const asked = asked_of(plan, plan.cells[planned.cell]);
  if (auto reason = contradiction(plan.experiment, asked, result.in_force)) {
    return failed(std::move(result), std::move(*reason));
  }
  auto const& slo = plan.experiment.workloads[plan.cells[planned.cell].workload].slo;
  // Times of a fresh, cold process and the memory of one used before are no measurements.
  result.metrics = planned.kind == TrialKind::memory ? stats::memory_metrics(result.memory)
                                                     : stats::metrics_of(ran.timeline, {}, slo);
  result.timeline = std::move(ran.timeline);
  return result;
}

void add_usage(TrialResult& result, probe::Trace const& trace, Clock::time_point timeline_came, MachineRates const& rates) {
  auto const usage = probe::usage_of(trace, timeline_came - makespan(result.timeline.requests), timeline_came);
  if (result.planned.kind != TrialKind::memory) {
    result.metrics.append_range(stats::usage_metrics(usage, rates, result.timeline));
    if (auto const share = stats::bandwidth_use(result.timeline, result.memory, context_cells(result.in_force), rates))
      result.metrics.push_back({"mbu", *share});
    return;
  }
  // The peaks of processes that live are exact each and at most too much together; of those that are gone there are samples.
  if (auto& peak = result.memory.rss_peak_bytes) {
    *peak += trace.helpers_peak_bytes.value_or(0);
    *peak = std::max(*peak, static_cast<std::int64_t>(usage.rss_sampled_peak_bytes.value_or(0.0)));
  }
  result.metrics = stats::memory_metrics(result.memory);
  result.metrics.append_range(stats::memory_usage_metrics(usage));
}

TrialResult run_trial(Plan const& plan, PlannedTrial const& planned, Pool& pool, Probing const& probing, Observer& observer,
                      std::stop_token const& stop) {
  bool const alone = planned.kind == TrialKind::memory;
  auto const started = utc_now();
  auto const begin = Clock::now();
  auto const finish = [&](TrialResult result, Clock::time_point from) {
    result.started = started;
    result.wall_ms = static_cast<double>(to_ns(Clock::now() - from)) / 1e6;
    // Whatever a stopped exchange ends with is the user's doing, a process lost on the way included.
    if (stop.stop_requested() && result.status != Status::ok) result.status = Status::interrupted;
    return result;
  };

  Held own;
  Held* held = nullptr;
  if (alone) {
    auto fresh = pool.fresh(planned.cell, stop);
    if (!fresh) return finish(troubled(planned, fresh.error()), begin);
    own = std::move(*fresh);
    held = &own;
  } else {
    auto shared = pool.get(planned.cell, stop);
    if (!shared) return finish(troubled(planned, shared.error()), begin);
    held = *shared;
  }

  auto message = run_message(plan, planned);
  auto const timeout =
      std::chrono::milliseconds(static_cast<std::int64_t>(plan.experiment.protocol.trial_timeout_s * 1000.0));
  if (probing.sampler != nullptr)
    probing.sampler->begin(held->process->process_id(), alone ? probe::SampledFor::memory : probe::SampledFor::timing);
  auto const asked = Clock::now();
  auto ran = cancellable(*held->process, stop, [&] {
    return held->process->run(std::move(message), timeout,
                              [&observer](protocol::Progress const& progress) { observer.trial_progress(progress); });
  });
  auto const answered = Clock::now();
  auto const trace = probing.sampler != nullptr ? std::optional(probing.sampler->end()) : std::nullopt;
  if (!ran) {
    auto result = finish(troubled(planned, ran.error()), asked);
    if (ran.error().process_lost && !alone) pool.forget(planned.cell);
    return result;
  }
  auto const timeline_came = ran->answered == Clock::time_point{} ? answered : ran->answered;
  auto result = finish(judge(plan, planned, std::move(*ran), held->model_bytes), asked);
  if (trace && result.status == Status::ok) add_usage(result, *trace, timeline_came, probing.rates);
  result.wall_ms = static_cast<double>(to_ns(answered - asked)) / 1e6;
  return result;
}

}  // namespace edgelab::runner
