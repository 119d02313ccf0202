#include "app/input.hpp"

#include <algorithm>
#include <format>
#include <print>
#include <system_error>
#include <utility>

#include "app/cli.hpp"
#include "model/gguf_file.hpp"
#include "plan/plan.hpp"
#include "probe/environment.hpp"
#include "quality/answers.hpp"
#include "quality/scorers.hpp"
#include "runner/commands.hpp"
#include "spec/catalogue.hpp"
#include "stats/metrics.hpp"

namespace edgelab::app {

namespace {

spec::Diagnostic at(Origin const& origin, std::string message) {
  return {.file = origin.file, .line = origin.line, .column = origin.column, .message = std::move(message)};
}

bool uses_kind(Experiment const& experiment, std::string_view kind) {
  return std::ranges::any_of(experiment.executors, [&](ExecutorSpec const& executor) { return executor.kind == kind; });
}

void check_gguf(Model const& model, spec::Diagnostics& wrong) {
  auto const target = model::inspect(model.path);
  if (!target) wrong.push_back(at(model.origin, "model '" + model.id + "': " + target.error().describe()));
  if (!model.draft) return;
  auto const draft = model::inspect(*model.draft);
  if (!draft) {
    wrong.push_back(at(model.draft_origin, "draft of model '" + model.id + "': " + draft.error().describe()));
  } else if (target && draft->vocabulary_hash != target->vocabulary_hash) {
    wrong.push_back(
        at(model.draft_origin,
           std::format("draft of model '{}': {} has another vocabulary ({} tokens) than {} ({} tokens); "
                       "expected a draft with the same token list",
                       model.id, model.draft->string(), draft->vocabulary, model.path.string(), target->vocabulary)));
  }
}

void check_present(Model const& model, spec::Diagnostics& wrong) {
  std::error_code error;
  if (!std::filesystem::exists(model.path, error)) {
    wrong.push_back(at(model.origin, "model '" + model.id + "': " + model.path.string() + ": no such file"));
  }
  if (model.draft && !std::filesystem::exists(*model.draft, error)) {
    wrong.push_back(
        at(model.draft_origin, "draft of model '" + model.id + "': " + model.draft->string() + ": no such file"));
  }
}

}  // namespace

spec::Diagnostics check_models(Experiment const& experiment) {
  spec::Diagnostics wrong;
  bool const gguf = uses_kind(experiment, "llama") || uses_kind(experiment, "llama-server");
  bool const present = uses_kind(experiment, "exec");
  for (auto const& model : experiment.models) {
    if (model.path.empty()) continue;   // none was given, and none is needed
    if (gguf) {
      check_gguf(model, wrong);
    } else if (present) {
      check_present(model, wrong);
    }
  }
  return wrong;
}

namespace {

void check_answers(Experiment const& experiment, spec::Diagnostics& wrong) {
  for (auto const& workload : experiment.workloads)
    if (auto const unusable = quality::first_unusable(workload))
      wrong.push_back(at(workload.origin, std::format("the scorer {} cannot use what request '{}' expects: {}",
                                                      workload.scorer, unusable->request, unusable->why)));
}

spec::Diagnostics check_beyond_the_file(Experiment const& experiment) {
  auto wrong = check_models(experiment);
  wrong.append_range(runner::check_executors(experiment.executors));
  check_answers(experiment, wrong);
  return wrong;
}

}  // namespace

std::expected<Experiment, spec::Diagnostics> load_experiment(std::filesystem::path const& file,
                                                             spec::Overrides overrides) {
  for (auto const& metric : stats::metric_table()) overrides.known_metrics.emplace_back(metric.name);
  overrides.known_scorers = quality::scorer_names();
  overrides.more_checks = check_beyond_the_file;
  return spec::load(file, overrides);
}

Result<Plan> plan_of(Experiment experiment) {
  int const cores = probe::usable_physical_cores();
  plan::FlagRules const rules{
      .resolve = [cores](Flags const& asked) { return spec::resolve(asked, cores); },
      .refusal = [](Flags const& resolved, Model const& model) { return spec::refusal(resolved, model); }};
  return plan::make_plan(std::move(experiment), rules);
}

int refuse(spec::Diagnostics const& diagnostics) {
  for (auto const& diagnostic : diagnostics) std::println(stderr, "{}", diagnostic.describe());
  return exit_bad_input;
}

}  // namespace edgelab::app
