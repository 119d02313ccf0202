// What the coordinator itself costs: CPU time a token and a trial, and a timeline of a million emissions, all with the
// null executor, whose answers cost nothing.
#include <sys/resource.h>

#include <cstdlib>
#include <print>
#include <string_view>

#include "app/harness_cost.hpp"
#include "stats/estimate.hpp"

namespace {

using namespace edgelab;

double peak_rss_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

// Prints the slope and returns its median.
Result<double> slope_us(app::NullRun const& less, app::NullRun const& more, double units) {
  EDGELAB_TRY(found, app::cost_slope_us(less, more, units, 10));
  auto const interval = stats::mean_interval(found);
  std::print("median {:.3f} us (mean {:.3f}, 95 % {:.3f} to {:.3f})", stats::median(found), interval.estimate,
             (*interval.ci95)[0], (*interval.ci95)[1]);
  return stats::median(found);
}

bool verdict(bool met, std::string_view goal) {
  std::println("  {} {}", met ? "goal" : "MISSED goal", goal);
  return met;
}

Result<bool> measure() {
  bool met = true;
  std::print("{:44} ", "coordinator's CPU time a token");
  EDGELAB_TRY(token_us, slope_us({4, 1'000}, {4, 101'000}, 4 * 100'000.0));
  met &= verdict(token_us <= 5.0, "<= 5 us");

  // Trials of 64 tokens: the protocol's shortest. What starting and ending a run costs is in both and cancels.
  std::print("{:44} ", "coordinator's CPU time a trial");
  EDGELAB_TRY(trial_us, slope_us({10, 64}, {210, 64}, 200.0));
  met &= verdict(trial_us <= 1'000.0, "<= 1000 us");

  EDGELAB_TRY(million, app::cost_of({1, 1'000'000}));
  std::print("{:44} {:.2f} s wall, {:.2f} s CPU, peak {:.0f} MB", "1,000,000 emissions taken in, stored, summarised",
             million.wall_s, million.cpu_s, peak_rss_mb());
  met &= verdict(million.wall_s < 3.0 && peak_rss_mb() < 500.0,
                 "< 3 s and < 500 MB (two trials: one timed, one for memory)");
  return met;
}

}  // namespace

int main() {
  setenv("EDGELAB_EXECUTOR_DIR", EDGELAB_BIN_DIR, 0);
  auto const met = measure();
  if (!met) {
    std::println(stderr, "{}", met.error().describe());
    return 2;
  }
  return *met ? 0 : 1;
}
