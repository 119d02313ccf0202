// `models`.
#include <algorithm>
#include <format>

#include "core/text.hpp"
#include "spec/lowering.hpp"

namespace edgelab::spec {

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
      model.path = absolute_path(override != given.end() ? override->second : to.locate(written.path.value));
      if (written.draft) {
        model.draft = absolute_path(to.locate(written.draft->value));
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
    auto const runs_models = [](ExecutorSpec const& one) { return one.kind == "llama" || one.kind == "llama-server"; };
    if (auto const found = std::ranges::find_if(executors, runs_models); found != executors.end()) {
      to.error({1, 1}, std::format("an experiment with a {} executor needs the key 'models': expected e.g. models: [{{id: "
                                   "mine, path: mine.gguf}}]",
                                   found->kind));
    } else {
      models.push_back({.id = "none", .path = {}, .draft = {}, .origin = {}, .draft_origin = {}});
    }
  }
  return models;
}

}  // namespace edgelab::spec
