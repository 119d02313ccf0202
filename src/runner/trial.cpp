#include "runner/trial.hpp"

#include <chrono>
#include <utility>

#include "core/clock.hpp"
#include "core/text.hpp"
#include "course/messages.hpp"
#include "course/verdict.hpp"

namespace edgelab::runner {

namespace {

TrialResult troubled(PlannedTrial const& planned, executor::Trouble const& trouble) {
  return course::troubled(planned, trouble.status, trouble.reason);
}

}  // namespace

TrialResult run_trial(Plan const& plan, PlannedTrial const& planned, Pool& pool, Observer& observer,
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
  auto const asked = Clock::now();
  auto ran = cancellable(*held->process, stop, [&] {
    return held->process->run(std::move(message), timeout,
                              [&observer](protocol::Progress const& progress) { observer.trial_progress(progress); });
  });
  if (!ran) {
    auto result = finish(troubled(planned, ran.error()), asked);
    if (ran.error().process_lost && !alone) pool.forget(planned.cell);
    return result;
  }
  auto const answered = Clock::now();
  auto result = finish(course::judge(plan, planned,
                                     {.done = std::move(ran->done),
                                      .timeline = std::move(ran->timeline),
                                      .rss_peak_bytes = ran->rss_peak_bytes,
                                      .loaded_model_bytes = held->model_bytes}),
                       asked);
  result.wall_ms = static_cast<double>(to_ns(answered - asked)) / 1e6;
  return result;
}

}  // namespace edgelab::runner
