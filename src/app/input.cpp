#include "app/input.hpp"

#include <algorithm>
#include <format>
#include <print>
#include <system_error>
#include <utility>

#include "app/cli.hpp"
#include "course/experiment.hpp"
#include "course/needs.hpp"
#include "model/gguf_file.hpp"
#include "probe/environment.hpp"
#include "runner/commands.hpp"

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

// Of the check kld: whoever reads beside a reference has to have the reference's tokens.
class SameVocabulary {
 public:
  SameVocabulary(Experiment const& experiment, spec::Diagnostics& wrong) : experiment_(experiment), wrong_(wrong) {}

  void check() {
    auto const& named = experiment_.quality.reference_model;
    for (auto const& model : experiment_.models) {
      auto const& reference = named ? *std::ranges::find(experiment_.models, *named, &Model::id) : model;
      compare(reference, model.path, std::format("model '{}'", model.id), model.origin);
      for (auto const& round : experiment_.rounds)
        if (auto const other = round.flags.find("model"); other != round.flags.end())
          compare(reference, course::model_path(experiment_, other->second),
                  std::format("the model of round '{}'", round.name), round.origin);
    }
  }

 private:
  void compare(Model const& reference, std::filesystem::path const& path, std::string const& whose,
               Origin const& origin) {
    if (path == reference.path) return;
    auto const own = model::inspect(path);
    auto const theirs = model::inspect(reference.path);
    if (!own || !theirs || own->vocabulary_hash == theirs->vocabulary_hash)
      return;    // what is no GGUF is told elsewhere
    wrong_.push_back(
        at(origin, std::format("{}: {} has another vocabulary ({} tokens) than {} ({} tokens), beside which it is "
                               "read: distributions over different tokens cannot be compared. Leave out the "
                               "check kld, or name models of one vocabulary",
                               whose, path.string(), own->vocabulary, reference.path.string(), theirs->vocabulary)));
  }

  Experiment const& experiment_;
  spec::Diagnostics& wrong_;
};

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
  if (gguf && std::ranges::contains(experiment.quality.checks, "kld")) SameVocabulary(experiment, wrong).check();
  return wrong;
}

std::expected<Experiment, spec::Diagnostics> load_experiment(std::filesystem::path const& file,
                                                             spec::Overrides overrides) {
  overrides.more_checks = [](Experiment const& experiment) {
    auto wrong = check_models(experiment);
    wrong.append_range(runner::check_executors(experiment.executors));
    wrong.append_range(course::check_answers(experiment));
    return wrong;
  };
  return spec::load(file, course::with_known_names(std::move(overrides)));
}

Result<Plan> plan_of(Experiment experiment) {
  return course::plan_of(std::move(experiment), probe::usable_physical_cores());
}

int refuse(spec::Diagnostics const& diagnostics) {
  for (auto const& diagnostic : diagnostics) std::println(stderr, "{}", diagnostic.describe());
  return exit_bad_input;
}

}  // namespace edgelab::app
