// `models` and `executors`.
#include <algorithm>
#include <format>

#include "core/text.hpp"
#include "spec/lowering.hpp"

namespace edgelab::spec {

namespace {

// Empty stays empty: it has been complained about already.
std::filesystem::path made_absolute(std::filesystem::path const& path) {
  std::error_code ignored;
  auto result = path.empty() ? path : std::filesystem::absolute(path, ignored);
  return ignored ? path : result;
}

}  // namespace

namespace {

// Once all executors are there.
void lower_versus(Lowering& to, document::Experiment const& from, std::vector<ExecutorSpec>& executors) {
  std::vector<std::string> names;
  for (auto const& executor : executors) names.push_back(executor.id);
  for (std::size_t i = 0; i < executors.size(); ++i) {
    auto const* const written = std::get_if<document::At<document::Executor>>(&(*from.executors)[i]);
    if (written == nullptr || !written->value.versus) continue;
    for (auto const& other : *written->value.versus) {
      if (other.value == executors[i].id) {
        to.error(other.mark, std::format("executor '{}' is compared with itself: expected another executor", other.value));
      } else if (!std::ranges::contains(names, other.value)) {
        to.error(other.mark, std::format("there is no executor '{}'{}: expected one of {}", other.value,
                                         suggestion(other.value, names), join(names, ", ")));
      } else if (!std::ranges::contains(executors[i].versus, other.value)) {
        executors[i].versus.push_back(other.value);
      }
    }
  }
}

}  // namespace

std::vector<ExecutorSpec> lower_executors(Lowering& to, document::Experiment const& from) {
  if (!from.executors) return {ExecutorSpec{.id = "llama", .kind = "llama", .command = {}}};
  std::vector<std::string> const kinds{"llama", "null", "exec"};
  std::vector<ExecutorSpec> executors;
  std::vector<document::Text const*> ids;
  for (auto const& written : *from.executors) {
    if (auto const* const name = std::get_if<document::Text>(&written)) {
      if (name->value == "exec") {
        to.error(name->mark, "an executor of kind exec needs a command: expected e.g. {id: mine, kind: exec, command: "
                             "[./my-program]}");
      } else if (!std::ranges::contains(kinds, name->value)) {
        to.error(name->mark, std::format("unknown executor '{}'{}: expected llama or null, or {{id, kind, command}}",
                                         name->value, suggestion(name->value, kinds)));
      }
      ids.push_back(name);
      executors.push_back({.id = name->value, .kind = name->value, .command = {}});
      continue;
    }
    auto const& executor = std::get<document::At<document::Executor>>(written);
    ExecutorSpec spec{.id = executor.value.id.value, .kind = executor.value.kind.value, .command = {}};
    if (executor.value.command) {
      for (auto const& argument : *executor.value.command) spec.command.push_back(argument.value);
    }
    if (spec.kind == "exec" && !executor.value.command) {
      to.error(executor.mark, "an executor of kind exec needs the key 'command': the program and its arguments");
    }
    // A program with a folder in its name is a file like any other; one without is looked up in PATH.
    if (!spec.command.empty() && spec.command.front().contains('/')) {
      spec.command.front() = made_absolute(to.locate(spec.command.front())).string();
    }
    to.check_name(executor.value.id, "executor");
    ids.push_back(&executor.value.id);
    executors.push_back(std::move(spec));
  }
  to.check_distinct(ids, "executor");
  lower_versus(to, from, executors);
  return executors;
}

std::vector<Model> lower_models(Lowering& to, document::Experiment const& from,
                                std::span<ExecutorSpec const> executors) {
  auto const& given = to.overrides().models;
  std::vector<Model> models;
  std::vector<document::Text const*> ids;
  std::vector<std::string> names;
  if (from.models) {
    for (auto const& at : *from.models) {
      auto const& written = at.value;
      to.check_name(written.id, "model");
      ids.push_back(&written.id);
      names.push_back(written.id.value);
      Model model{.id = written.id.value, .path = {}, .draft = {}, .origin = to.origin(written.path.mark), .draft_origin = {}};
      auto const override = given.find(model.id);
      model.path = made_absolute(override != given.end() ? override->second : to.locate(written.path.value));
      if (written.draft) {
        model.draft = made_absolute(to.locate(written.draft->value));
        model.draft_origin = to.origin(written.draft->mark);
      }
      models.push_back(std::move(model));
    }
  }
  to.check_distinct(ids, "model");
  for (auto const& [id, path] : given) {
    if (path.empty()) to.error({}, std::format("--model {}=: expected the path of a GGUF file", id));
    if (std::ranges::contains(names, id)) continue;
    to.error({}, std::format("--model {}={}: the file has no model '{}'{}: expected one of {}", id, path.string(), id,
                             suggestion(id, names), join(names, ", ")));
  }
  if (!from.models) {
    if (std::ranges::contains(executors, "llama", &ExecutorSpec::kind)) {
      to.error({1, 1}, "an experiment with a llama executor needs the key 'models': expected e.g. models: [{id: mine, "
                       "path: mine.gguf}]");
    } else {
      models.push_back({.id = "none", .path = {}, .draft = {}, .origin = {}, .draft_origin = {}});
    }
  }
  return models;
}

}  // namespace edgelab::spec
