#include "runner/live_trial.hpp"

#include <chrono>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "course/messages.hpp"
#include "plan/plan.hpp"
#include "runner/pool.hpp"
#include "stats/estimate.hpp"
#include "stats/live.hpp"
#include "stats/metrics.hpp"

namespace edgelab::runner {

namespace {

constexpr int pings = 20;

LiveCheck not_checked(std::string why) {
  LiveCheck check;
  check.reason = std::move(why);
  return check;
}

std::chrono::milliseconds timeout_of(Plan const& plan) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(plan.experiment.protocol.trial_timeout_s * 1000.0));
}

// The round trip of a run without requests, which every executor refuses at once: the median. 0 where one is lost.
std::int64_t round_trip_ns(executor::Executor& process, Flags const& flags, std::chrono::milliseconds timeout) {
  std::vector<double> times;
  for (int i = 0; i < pings; ++i) {
    protocol::Run empty;
    empty.flags = flags;
    auto const begin = Clock::now();
    auto const answer = process.run(std::move(empty), timeout, {});
    times.push_back(static_cast<double>(to_ns(Clock::now() - begin)));
    if (!answer && answer.error().process_lost) return 0;
  }
  return static_cast<std::int64_t>(stats::median(times));
}

// The cell's trial of the first block.
PlannedTrial planned_for(Plan const& plan, std::size_t cell) {
  for (auto const& planned : plan::block_trials(plan, TrialKind::timed, 0))
    if (planned.cell == cell) return planned;
  return {};
}

}  // namespace

LiveCheck check_live(RunConfig const& config, std::size_t cell, std::stop_token const& stop) {
  Plan const& plan = config.plan;
  if (plan.cells[cell].refused) return not_checked(*plan.cells[cell].refused);
  Pool pool(plan, config.hellos, config.start);
  auto held = pool.get(cell, stop);
  if (!held) return not_checked(held.error().reason);
  auto const pipe_ns = round_trip_ns(*(*held)->process, plan.cells[cell].resolved, timeout_of(plan));
  if (pipe_ns == 0) {
    pool.forget(cell);
    held = pool.get(cell, stop);
    if (!held) return not_checked(held.error().reason);
  }

  auto message = course::run_message(plan, planned_for(plan, cell));
  message.live = true;
  auto& process = *(*held)->process;
  auto const ran = cancellable(process, stop, [&] { return process.run(std::move(message), timeout_of(plan), {}); });
  if (!ran) return not_checked(ran.error().reason);
  if (auto const sound = stats::check_timeline(ran->timeline); !sound)
    return not_checked("its timeline makes no sense: " + sound.error().describe());

  std::vector<stats::Heard> heard;
  heard.reserve(ran->heard.size());
  for (auto const& emission : ran->heard)
    heard.push_back({emission.request, emission.tokens, to_ns(emission.heard - ran->asked)});
  return stats::compare_live({.timeline = &ran->timeline,
                              .heard = heard,
                              .answered_ns = to_ns(ran->answered - ran->asked),
                              .pipe_ns = pipe_ns});
}

}  // namespace edgelab::runner
