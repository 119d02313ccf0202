#include "runner/trial.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "core/clock.hpp"
#include "core/text.hpp"
#include "course/messages.hpp"
#include "course/verdict.hpp"
#include "stats/metrics.hpp"
#include "stats/usage.hpp"
#include "types/ledger.hpp"

namespace edgelab::runner {

namespace {

TrialResult troubled(PlannedTrial const& planned, executor::Trouble const& trouble) {
  return course::troubled(planned, trouble.status, trouble.reason);
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

// The triad tells of a processor's memory, which layers elsewhere do not read.
void add_bandwidth(TrialResult& result, MachineRates const& rates) {
  auto const layers = result.in_force.find("n-gpu-layers");
  bool const on_cpu = layers == result.in_force.end() || layers->second == "0" || layers->second == "unknown";
  if (!on_cpu) return;
  if (auto const share = stats::bandwidth_use(result.timeline, result.memory, context_cells(result.in_force), rates))
    result.metrics.push_back({"mbu", *share});
}

}  // namespace

void add_usage(TrialResult& result, probe::Trace const& trace, Clock::time_point timeline_came, MachineRates const& rates,
               PeakOf peak_of) {
  auto const usage = probe::usage_of(trace, timeline_came - makespan(result.timeline.requests), timeline_came);
  if (result.planned.kind != TrialKind::memory) {
    result.metrics.append_range(stats::usage_metrics(usage, rates, result.timeline));
    add_bandwidth(result, rates);
    return;
  }
  // The peaks of processes that live are exact each and at most too much together; of those that are gone there are samples.
  if (auto& peak = result.memory.rss_peak_bytes; peak && peak_of == PeakOf::process) {
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

  auto message = course::run_message(plan, planned);
  auto const timeout =
      std::chrono::milliseconds(static_cast<std::int64_t>(plan.experiment.protocol.trial_timeout_s * 1000.0));
  if (probing.sampler != nullptr)
    probing.sampler->begin(held->process->process_id(), alone ? probe::SampledFor::memory : probe::SampledFor::timing);
  auto const asked = Clock::now();
  auto ran = cancellable(*held->process, stop, [&] {
    return held->process->run(std::move(message), timeout,
                              [&](protocol::Progress const& progress) { observer.trial_progress(planned, progress); });
  });
  auto const answered = Clock::now();
  auto const trace = probing.sampler != nullptr ? std::optional(probing.sampler->end()) : std::nullopt;
  if (!ran) {
    auto result = finish(troubled(planned, ran.error()), asked);
    if (ran.error().process_lost && !alone) pool.forget(planned.cell);
    return result;
  }
  auto const timeline_came = ran->answered == Clock::time_point{} ? answered : ran->answered;
  auto const machine = held->process->other_machine();
  bool const elsewhere = machine || ran->done.memory.elsewhere.value_or(false);    // and so are its memory, its heat, its energy
  auto const peak_of = ran->done.memory.rss_peak_bytes ? PeakOf::all_it_started : PeakOf::process;
  auto result = finish(course::judge(plan, planned,
                                     {.done = std::move(ran->done),
                                      .timeline = std::move(ran->timeline),
                                      .rss_peak_bytes = ran->rss_peak_bytes,
                                      .loaded_model_bytes = held->model_bytes}),
                       asked);
  result.wall_ms = static_cast<double>(to_ns(answered - asked)) / 1e6;
  if (result.status != Status::ok || ledger::is_emulated(result.in_force)) return result;
  if (trace && !elsewhere) add_usage(result, *trace, timeline_came, probing.rates, peak_of);
  if (machine && !alone) add_bandwidth(result, {.memory_bytes_per_s = machine->memory_bytes_per_s});
  return result;
}

}  // namespace edgelab::runner
