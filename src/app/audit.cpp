#include "app/audit.hpp"

#include <algorithm>
#include <format>
#include <fstream>
#include <optional>

#include "app/harness_cost.hpp"
#include "app/scratch.hpp"
#include "app/session.hpp"
#include "core/text.hpp"
#include "probe/environment.hpp"
#include "probe/load.hpp"
#include "probe/throttling.hpp"
#include "probe/timer.hpp"
#include "runner/audit.hpp"
#include "runner/live_trial.hpp"
#include "stats/estimate.hpp"
#include "stats/noise.hpp"

namespace edgelab::app {

namespace {

// A double-quoted scalar of YAML, whatever it holds.
std::string in_yaml(std::string_view text) {
  std::string out = "\"";
  for (char const letter : text) {
    if (letter == '"' || letter == '\\') out += '\\';
    if (static_cast<unsigned char>(letter) < 0x20)
      out += std::format("\\x{:02x}", static_cast<unsigned>(letter));
    else
      out += letter;
  }
  return out + "\"";
}

std::string list_of(std::vector<std::string> const& items) {
  std::vector<std::string> list;
  for (auto const& item : items) list.push_back(in_yaml(item));
  return "[" + join(list, ", ") + "]";
}

std::string flags_of(Flags const& flags) {
  std::vector<std::string> list;
  for (auto const& [name, value] : flags) list.push_back(in_yaml(name) + ": " + in_yaml(value));
  return "{" + join(list, ", ") + "}";
}

// The same round under two names. One request of 64 tokens is enough: a trial repeats it for a second.
std::string experiment_of(AuditTarget const& target, AuditRequest const& request) {
  auto const& executor = target.executor;
  auto const command = executor.kind == "exec" ? ", command: " + list_of(executor.command) : "";
  return std::format(R"(schema: edge-llm-lab/1
name: audit
models: [{{id: model, path: {}}}]
workloads: [{{id: audit, kind: synthetic, prompt_tokens: [64], output_tokens: 64, count: 1}}]
executors: [{{id: {}, kind: {}{}}}]
rounds:
  - {{name: once, category: baseline, flags: {}}}
  - {{name: again, flags: {}}}
protocol: {{warmup: 1, blocks: {{min: {}, max: {}}}, time_budget: {}s}}
)",
                     in_yaml(target.model.empty() ? "none.gguf" : target.model.string()), in_yaml(executor.id),
                     in_yaml(executor.kind), command, flags_of(target.flags), flags_of(target.flags), request.blocks,
                     request.blocks, request.time_s);
}

// The places of a file that nobody wrote mean nothing to people.
std::string without_places(Refusal const& refusal) {
  if (std::holds_alternative<Error>(refusal)) return describe(refusal);
  std::vector<std::string> messages;
  for (auto const& diagnostic : std::get<spec::Diagnostics>(refusal))
    if (!std::ranges::contains(messages, diagnostic.message)) messages.push_back(diagnostic.message);
  return join(messages, "; ");
}

std::size_t cell_of(Plan const& plan, std::string_view round) {
  for (std::size_t i = 0; i < plan.cells.size(); ++i)
    if (plan.experiment.rounds[plan.cells[i].round].name == round) return i;
  return 0;
}

// The level of runs that may stop by interval, as most do.
double usual_level() {
  Protocol protocol;
  protocol.until_metric = "decode_tps";
  return stats::t_level(protocol);
}

// What came of the A/A run that is in the store.
Result<void> judge_noise(Session const& session, AuditRequest const& request, AuditedExecutor& audited) {
  auto const& plan = session.config.plan;
  EDGELAB_TRY(trials, session.store.trials(store::Store::Timelines::leave_out));
  auto const again = cell_of(plan, "again");
  auto const noise = stats::noise_floor(plan, trials, again, usual_level());
  if (noise.comparisons > 0) {
    audited.noise = noise;
    return {};
  }
  auto const summary = stats::summarise(plan, trials);
  for (auto const& cell : summary.cells)
    if (cell.status != "ok") audited.problem = cell.status + ": " + cell.reason;
  if (audited.problem.empty())
    audited.problem = std::format("only {} block{} fitted into {}; give it more --time", noise.blocks,
                                  noise.blocks == 1 ? "" : "s", format_duration(request.time_s));
  return {};
}

// The null executor would answer at once, and say that it took its time.
runner::RunConfig in_real_time(runner::RunConfig config, AuditTarget const& target) {
  if (target.hello.name == "null" && !target.flags.contains("null.real-time"))
    for (auto& cell : config.plan.cells) cell.resolved["null.real-time"] = "on";
  return config;
}

Result<AuditedExecutor> audit_executor(AuditTarget const& target, AuditRequest const& request, AuditView const& view,
                                       std::stop_token const& stop) {
  auto const& hello = target.hello;
  AuditedExecutor audited{.id = target.executor.id,
                          .name = hello.name,
                          .version = hello.version,
                          .library = hello.library,
                          .model = target.model.string(),
                          .flags = target.flags,
                          .problem = {},
                          .noise = {},
                          .live = {}};
  EDGELAB_TRY(scratch, Scratch::make());
  auto const file = scratch.path() / "audit.yaml";
  std::ofstream(file) << experiment_of(target, request);
  auto session = new_session(file, scratch.path() / "out", {});
  if (!session) return fail(std::format("executor {}: {}", audited.id, without_places(session.error())));
  auto const& plan = session->config.plan;
  audited.flags = plan.experiment.rounds[plan.cells[cell_of(plan, "once")].round].flags;

  view.step(std::format("{}: the same round under two names, {} blocks or {} at most", audited.id, request.blocks,
                        format_duration(request.time_s)));
  auto const observer = view.of_run(plan);
  EDGELAB_TRY(outcome, runner::run(session->config, session->store, *observer, stop));
  if (outcome.ended == runner::Ended::interrupted) return fail("interrupted");
  EDGELAB_CHECK(judge_noise(*session, request, audited));

  view.step(std::format("{}: a trial that is listened to", audited.id));
  audited.live = runner::check_live(in_real_time(session->config, target), cell_of(plan, "once"), stop);
  if (stop.stop_requested()) return fail("interrupted");
  return audited;
}

Result<HarnessCost> harness_cost(double time_s, std::stop_token const& stop) {
  constexpr int at_most = 10;
  EDGELAB_TRY(token_us, cost_slope_us({2, 1'000}, {2, 51'000}, 2 * 50'000.0, at_most, time_s / 2, stop));
  EDGELAB_TRY(trial_us, cost_slope_us({5, 64}, {105, 64}, 100.0, at_most, time_s / 2, stop));
  return HarnessCost{.us_per_token = stats::median(token_us),
                     .us_per_trial = stats::median(trial_us),
                     .repetitions = static_cast<std::int32_t>(std::min(token_us.size(), trial_us.size()))};
}

}  // namespace

Result<Audit> audit(AuditRequest const& request, AuditView const& view, std::stop_token const& stop) {
  double const state_s = std::clamp(request.time_s / 20.0, 0.1, 3.0);
  double const harness_s = request.time_s / 3.0;
  Audit audit;
  audit.made = utc_now();
  audit.machine = runner::audited_machine(probe::take_environment());
  auto const counters = probe::throttle_counters();
  auto const throttled = probe::throttle_count(counters);

  view.step(std::format("the machine and its clock, {}", format_duration(state_s)));
  audit.state = probe::take_machine_state(state_s);
  audit.timer = probe::measure_timer();
  if (stop.stop_requested()) return fail("interrupted");

  view.step(std::format("what the harness costs, with the null executor, some {}", format_duration(harness_s)));
  EDGELAB_TRY(harness, harness_cost(harness_s, stop));
  audit.harness = harness;
  for (auto const& target : request.targets) {
    EDGELAB_TRY(audited, audit_executor(target, request, view, stop));
    audit.executors.push_back(std::move(audited));
  }
  if (auto const now = probe::throttle_count(counters); throttled && now)
    audit.state.throttle_events = *now - *throttled;
  return audit;
}

}  // namespace edgelab::app
