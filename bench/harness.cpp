// What the coordinator itself costs: CPU time a token and a trial, and a timeline of a million emissions, all with the
// null executor, whose answers cost nothing. The loop runs in this process, so that RUSAGE_SELF is the coordinator alone.
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <format>
#include <print>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "app/session.hpp"
#include "core/clock.hpp"
#include "runner/outputs.hpp"
#include "runner/runner.hpp"
#include "stats/estimate.hpp"
#include "support/scratch.hpp"

namespace {

using namespace edgelab;

class Silent final : public runner::Observer {
 public:
  void begins(Plan const&, std::span<TrialResult const>, runner::Position const&) override {}
  void trial_begins(PlannedTrial const&, runner::Position const&) override {}
  void trial_progress(protocol::Progress const&) override {}
  void trial_ended(TrialResult const&, runner::Position const&) override {}
  void notice(std::string_view text) override { std::println(stderr, "  {}", text); }
  void ends(std::string_view) override {}
};

double seconds(timeval const& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; }

double cpu_s() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double peak_rss_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

struct Cost {
  double cpu_s = 0.0;
  double wall_s = 0.0;
};

std::string text_of(app::Refusal const& refusal) {
  if (auto const* error = std::get_if<Error>(&refusal)) return error->describe();
  std::string text;
  for (auto const& diagnostic : std::get<spec::Diagnostics>(refusal)) text += diagnostic.describe() + "\n";
  return text;
}

// A run of `blocks` trials of one request of `tokens` tokens, from the first trial to the reports on disk.
Result<Cost> run_once(int blocks, long tokens) {
  bench::Scratch const scratch("harness");
  auto const file = scratch.file("null.yaml", std::format(R"(schema: edge-llm-lab/1
name: harness
models: [{{id: none, path: none.gguf}}]
workloads: [{{id: w, kind: synthetic, prompt_tokens: [8], output_tokens: {}, count: 1}}]
executors: ['null']
rounds: [{{name: baseline, category: baseline, flags: {{}}}}]
protocol: {{warmup: 0, blocks: {{min: {}, max: {}}}, trial: {{min_seconds: 0, min_tokens: 0}}}}
)",
                                                          tokens, blocks, blocks));
  auto session = app::new_session(file, scratch / "out", {});
  if (!session) return fail(text_of(session.error()));
  Silent observer;
  double const cpu_before = cpu_s();
  auto const wall_before = Clock::now();
  EDGELAB_CHECK(runner::run(session->config, session->store, observer, {}));
  EDGELAB_CHECK(runner::write_outputs(session->store, scratch / "out"));
  return Cost{.cpu_s = cpu_s() - cpu_before, .wall_s = static_cast<double>(to_ns(Clock::now() - wall_before)) / 1e9};
}

// The cost of what `more` has beyond `less`, `units` of it: the median over repetitions of both in turn.
Result<double> slope_us(int less_blocks, long less_tokens, int more_blocks, long more_tokens, double units) {
  std::vector<double> found;
  for (int repetition = 0; repetition < 10; ++repetition) {
    EDGELAB_TRY(less, run_once(less_blocks, less_tokens));
    EDGELAB_TRY(more, run_once(more_blocks, more_tokens));
    found.push_back((more.cpu_s - less.cpu_s) * 1e6 / units);
  }
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
  EDGELAB_TRY(token_us, slope_us(4, 1'000, 4, 101'000, 4 * 100'000.0));
  met &= verdict(token_us <= 5.0, "<= 5 us");

  // Trials of 64 tokens: the protocol's shortest. What starting and ending a run costs is in both and cancels.
  std::print("{:44} ", "coordinator's CPU time a trial");
  EDGELAB_TRY(trial_us, slope_us(10, 64, 210, 64, 200.0));
  met &= verdict(trial_us <= 1'000.0, "<= 1000 us");

  EDGELAB_TRY(million, run_once(1, 1'000'000));
  std::print("{:44} {:.2f} s wall, {:.2f} s CPU, peak {:.0f} MB", "1,000,000 emissions taken in, stored, summarised",
             million.wall_s, million.cpu_s, peak_rss_mb());
  met &= verdict(million.wall_s < 3.0 && peak_rss_mb() < 500.0, "< 3 s and < 500 MB (two trials: one timed, one for memory)");
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
