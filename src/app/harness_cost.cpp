#include "app/harness_cost.hpp"

#include <sys/resource.h>

#include <chrono>
#include <format>
#include <fstream>

#include "app/scratch.hpp"
#include "app/session.hpp"
#include "app/views.hpp"
#include "core/clock.hpp"
#include "runner/outputs.hpp"
#include "runner/runner.hpp"

namespace edgelab::app {

namespace {

double seconds(timeval const& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_s() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double since_s(Clock::time_point begin) { return static_cast<double>(to_ns(Clock::now() - begin)) / 1e9; }

std::string experiment_of(NullRun const& run) {
  return std::format(R"(schema: edge-llm-lab/1
name: harness
models: [{{id: none, path: none.gguf}}]
workloads: [{{id: w, kind: synthetic, prompt_tokens: [8], output_tokens: {}, count: 1}}]
executors: ['null']
rounds: [{{name: baseline, category: baseline, flags: {{}}}}]
protocol: {{warmup: 0, blocks: {{min: {}, max: {}}}, trial: {{min_seconds: 0, min_tokens: 0}}}}
)",
                     run.tokens, run.trials, run.trials);
}

}  // namespace

Result<RunCost> cost_of(NullRun const& run, std::stop_token const& stop) {
  EDGELAB_TRY(scratch, Scratch::make());
  auto const file = scratch.path() / "null.yaml";
  std::ofstream(file) << experiment_of(run);
  auto session = new_session(file, scratch.path() / "out", {});
  if (!session) return fail(describe(session.error()));
  auto const view = quiet_view();
  double const cpu_before = cpu_s();
  auto const begin = Clock::now();
  EDGELAB_TRY(outcome, runner::run(session->config, session->store, *view, stop));
  if (outcome.ended == runner::Ended::interrupted) return fail("interrupted");
  EDGELAB_CHECK(runner::write_outputs(session->store, session->config.directory));
  return RunCost{.cpu_s = cpu_s() - cpu_before, .wall_s = since_s(begin)};
}

Result<std::vector<double>> cost_slope_us(NullRun const& less, NullRun const& more, double units, int at_most,
                                          std::optional<double> time_s, std::stop_token const& stop) {
  std::vector<double> found;
  auto const begin = Clock::now();
  for (int repetition = 0; repetition < at_most; ++repetition) {
    if (repetition > 0 && time_s && since_s(begin) >= *time_s) break;
    EDGELAB_TRY(cost_less, cost_of(less, stop));
    EDGELAB_TRY(cost_more, cost_of(more, stop));
    found.push_back((cost_more.cpu_s - cost_less.cpu_s) * 1e6 / units);
  }
  return found;
}

}  // namespace edgelab::app
