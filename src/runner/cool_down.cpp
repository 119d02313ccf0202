#include "runner/cool_down.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "core/clock.hpp"
#include "core/text.hpp"

namespace edgelab::runner {

namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 500ms;    // a processor cools by degrees over seconds

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// True: the time passed. False: a stop was requested.
bool sleep_until(Clock::time_point when, std::stop_token const& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  return !wake.wait_until(lock, stop, when, [&] { return stop.stop_requested(); });
}

}  // namespace

bool waits_before(CoolDown const& rule, PlannedTrial const& planned, bool first_of_block) {
  if (planned.kind == TrialKind::sustained) return planned.block == 0;
  return planned.kind == TrialKind::timed && (first_of_block || rule.before == CoolDown::Before::trial);
}

std::optional<CoolDownWait> cool_down(CoolDown const& rule, double target_c, PlannedTrial const& before,
                                      Thermometer const& thermometer, Observer& observer, std::stop_token const& stop) {
  auto const first = thermometer();
  if (!first || *first <= target_c) return std::nullopt;
  CoolDownWait wait{.block = before.block,
                    .position = before.position,
                    .started = utc_now(),
                    .from_c = *first,
                    .to_c = *first,
                    .target_c = target_c};
  auto const begin = Clock::now();
  auto const limit = begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(rule.limit_s));
  while (!wait.reached && Clock::now() < limit) {
    observer.cools({.temp_c = wait.to_c,
                    .target_c = target_c,
                    .waited_s = seconds_since(begin),
                    .limit_s = rule.limit_s,
                    .cell = before.cell});
    if (!sleep_until(std::min<Clock::time_point>(limit, Clock::now() + look_every), stop)) return std::nullopt;
    auto const now = thermometer();
    if (!now) break;
    wait.to_c = *now;
    wait.reached = *now <= target_c;
  }
  wait.waited_s = seconds_since(begin);
  observer.cooled(wait);
  return wait;
}

}  // namespace edgelab::runner
