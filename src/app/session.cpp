#include "app/session.hpp"

#include <algorithm>
#include <chrono>
#include <format>
#include <system_error>
#include <utility>

#include "app/input.hpp"
#include "app/machine.hpp"
#include "app/scratch.hpp"
#include "core/text.hpp"
#include "course/own_flags.hpp"
#include "plan/lanes.hpp"
#include "runner/commands.hpp"
#include "runner/files.hpp"
#include "runner/fitting.hpp"
#include "runner/plan_json.hpp"

namespace edgelab::app {

namespace {

namespace fs = std::filesystem;

std::unexpected<Refusal> refused(Error error) { return std::unexpected(Refusal(std::move(error))); }

Result<void> add_model_facts(probe::Environment& environment, std::string id, fs::path const& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return {};   // one that no executor here opens
  EDGELAB_TRY(sha256, probe::sha256_of(file));
  environment.models.push_back({.id = std::move(id),
                                .path = file.string(),
                                .bytes = static_cast<std::int64_t>(fs::file_size(file, error)),
                                .sha256 = sha256});
  return {};
}

Result<probe::Environment> environment_of(Experiment const& experiment,
                                          std::vector<protocol::HelloReply> const& hellos) {
  auto environment = probe::take_environment();
  for (std::size_t i = 0; i < hellos.size(); ++i) {
    environment.executors.push_back({.id = experiment.executors[i].id,
                                     .name = hellos[i].name,
                                     .version = hellos[i].version,
                                     .library = hellos[i].library});
  }
  for (auto const& model : experiment.models) {
    EDGELAB_CHECK(add_model_facts(environment, model.id, model.path));
    if (model.draft) EDGELAB_CHECK(add_model_facts(environment, model.id + " (draft)", *model.draft));
  }
  return environment;
}

fs::path default_directory(std::string const& experiment) {
  auto const now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return fs::path("results") / std::format("{}-{:%Y%m%d-%H%M%S}", experiment, now);
}

// Empty where every executor is on this machine.
runner::AwaitFit waiter(std::vector<ExecutorSpec> executors, std::shared_ptr<runner::Remotes> remotes) {
  if (std::ranges::none_of(executors, [](ExecutorSpec const& spec) { return spec.kind == "remote"; })) return {};
  return [executors = std::move(executors), remotes = std::move(remotes)](std::size_t index, std::stop_token const& stop,
                                                                          auto const& notice) {
    return remotes->await_fit(executors[index], stop, notice);
  };
}

// Machines work at the same time, so it is the time of the one that worked longest. Waits for a device are in none.
double spent_s(Plan const& plan, std::vector<TrialResult> const& trials) {
  auto const lanes = plan::lanes_of(plan);
  std::vector<double> spent(lanes.size(), 0.0);
  for (auto const& trial : trials)
    if (trial.planned.cell < plan.cells.size()) spent[plan::lane_of(lanes, trial.planned.cell)] += trial.wall_ms / 1000.0;
  return std::ranges::max(spent);
}

}  // namespace

runner::StartExecutor starter(std::vector<ExecutorSpec> executors, fs::path directory, std::shared_ptr<runner::Remotes> remotes) {
  return [executors = std::move(executors), directory = std::move(directory), remotes = std::move(remotes),
          programs = runner::programs_folder()](std::size_t index, std::stop_token const& stop) {
    auto const& spec = executors[index];
    return runner::start_executor(spec, programs, directory / (spec.id + ".log"), *remotes, stop);
  };
}

Result<void> check_fitting(Plan const& plan, std::vector<protocol::HelloReply> const& hellos, std::shared_ptr<runner::Remotes> remotes) {
  EDGELAB_TRY(scratch, Scratch::make());
  auto const start = starter(plan.experiment.executors, scratch.path(), std::move(remotes));
  if (auto reason = runner::request_that_does_not_fit(plan, hellos, start)) return fail(*std::move(reason));
  return {};
}

std::vector<std::string> undeclared_differences(probe::Environment const& begun, probe::Environment const& now) {
  std::vector<std::string> differences;
  for (auto const& model : begun.models) {
    auto const found = std::ranges::find(now.models, model.id, &probe::ModelFacts::id);
    if (found == now.models.end()) {
      differences.push_back(std::format("model {}: {} is no longer there", model.id, model.path));
    } else if (found->sha256 != model.sha256) {
      differences.push_back(
          std::format("model {}: {} had SHA-256 {}, now {}", model.id, model.path, model.sha256, found->sha256));
    }
  }
  for (auto const& executor : begun.executors) {
    auto const found = std::ranges::find(now.executors, executor.id, &probe::ExecutorFacts::id);
    if (found == now.executors.end()) continue;
    auto const described = [](probe::ExecutorFacts const& facts) {
      return std::format("{} {}{}{}", facts.name, facts.version, facts.library.empty() ? "" : ", ", facts.library);
    };
    if (described(*found) != described(executor)) {
      differences.push_back(
          std::format("executor {}: was {}, now {}", executor.id, described(executor), described(*found)));
    }
  }
  if (begun.cpu.model != now.cpu.model) {
    differences.push_back(std::format("processor: was {}, now {}", begun.cpu.model, now.cpu.model));
  }
  return differences;
}

std::string describe(Refusal const& refusal) {
  if (auto const* error = std::get_if<Error>(&refusal)) return error->describe();
  std::vector<std::string> lines;
  for (auto const& diagnostic : std::get<spec::Diagnostics>(refusal)) lines.push_back(diagnostic.describe());
  return join(lines, "\n");
}

Prepared<Session> new_session(fs::path const& file, fs::path out, spec::Overrides const& overrides) {
  auto experiment = load_experiment(file, overrides);
  if (!experiment) return std::unexpected(Refusal(std::move(experiment).error()));
  if (out.empty()) out = default_directory(experiment->name);
  std::error_code ignored;
  if (fs::exists(out / "results.db", ignored)) {
    return refused({std::format("{} holds a run already; go on with it by --resume {}, or name another --out",
                                out.string(), out.string()),
                    {}});
  }
  auto const remotes = std::make_shared<runner::Remotes>();
  auto hellos = runner::greet(experiment->executors, runner::programs_folder(), *remotes);
  if (!hellos) return refused(std::move(hellos).error());
  if (auto wrong = course::check_own_flags(*experiment, *hellos); !wrong.empty()) {
    return std::unexpected(Refusal(std::move(wrong)));
  }
  auto plan = plan_of(std::move(*experiment));
  if (!plan) return refused(std::move(plan).error().within("planning " + file.string()));
  plan->own_effects = course::own_effects(*hellos);
  if (auto fits = check_fitting(*plan, *hellos, remotes); !fits) return refused(std::move(fits).error().within(file.string()));
  auto yaml = runner::read_whole(file);
  if (!yaml) return refused(std::move(yaml).error());
  auto environment = environment_of(plan->experiment, *hellos);
  if (!environment) return refused(std::move(environment).error());
  auto const sensors = find_sensors();
  if (auto const possible = can_be_kept(plan->experiment, *sensors); !possible)
    return refused(possible.error());
  add_machine(*environment, plan->experiment, *sensors);
  auto machine = machine_of(*environment, sensors);
  auto store = store::Store::create(out, {.experiment_yaml = std::move(*yaml),
                                          .experiment_path = fs::absolute(file).string(),
                                          .plan_json = runner::plan_to_json(*plan),
                                          .environment_json = probe::to_json(*environment),
                                          .started = utc_now(),
                                          .ended = {},
                                          .stopped_because = {}});
  if (!store) return refused(std::move(store).error());
  auto start = starter(plan->experiment.executors, out, remotes);
  auto await_fit = waiter(plan->experiment.executors, remotes);
  auto const time_left = plan->experiment.protocol.time_budget_s;
  return Session{.config = {.plan = std::move(*plan),
                            .hellos = std::move(*hellos),
                            .start = std::move(start),
                            .directory = out,
                            .time_left_s = time_left,
                            .machine = std::move(machine),
                            .await_fit = std::move(await_fit)},
                 .store = std::move(*store)};
}

Prepared<Session> resumed_session(fs::path const& directory, std::optional<std::int32_t> blocks,
                                  std::optional<double> time_budget_s) {
  auto store = store::Store::open(directory, store::Store::Access::write);
  if (!store) return refused(std::move(store).error());
  auto record = store->run();
  if (!record) return refused(std::move(record).error());
  auto plan = runner::plan_from_json(record->plan_json);
  if (!plan) return refused(std::move(plan).error());
  if (blocks) plan->experiment.protocol.min_blocks = plan->experiment.protocol.max_blocks = *blocks;
  auto begun = probe::from_json(record->environment_json);
  if (!begun) return refused(std::move(begun).error());
  auto const remotes = std::make_shared<runner::Remotes>();
  auto hellos = runner::greet(plan->experiment.executors, runner::programs_folder(), *remotes);
  if (!hellos) return refused(std::move(hellos).error());
  auto now = environment_of(plan->experiment, *hellos);
  if (!now) return refused(std::move(now).error());
  if (auto const differences = undeclared_differences(*begun, *now); !differences.empty()) {
    return refused({std::format("{} cannot be resumed, for its numbers would come from different things: {}",
                                directory.string(), join(differences, "; ")),
                    {}});
  }
  auto const sensors = find_sensors();
  if (auto const possible = can_be_kept(plan->experiment, *sensors); !possible)
    return refused(possible.error());
  auto trials = store->trials(store::Store::Timelines::leave_out);
  if (!trials) return refused(std::move(trials).error());
  if (auto again = store->finish({}, {}); !again) return refused(std::move(again).error());
  auto time_left = time_budget_s;
  if (!time_left && plan->experiment.protocol.time_budget_s) {
    time_left = std::max(0.0, *plan->experiment.protocol.time_budget_s - spent_s(*plan, *trials));
  }
  auto start = starter(plan->experiment.executors, directory, remotes);
  auto await_fit = waiter(plan->experiment.executors, remotes);
  return Session{.config = {.plan = std::move(*plan),
                            .hellos = std::move(*hellos),
                            .start = std::move(start),
                            .directory = directory,
                            .time_left_s = time_left,
                            .machine = machine_of(*begun, sensors),
                            .await_fit = std::move(await_fit)},
                 .store = std::move(*store)};
}

}  // namespace edgelab::app
