#include "course/needs.hpp"

#include <algorithm>

#include "spec/catalogue.hpp"

namespace edgelab::course {

namespace {

std::string value_or_empty(Flags const& flags, std::string const& name) {
  auto const found = flags.find(name);
  return found == flags.end() ? std::string{} : found->second;
}

bool belongs_to_load(std::string const& flag, protocol::HelloReply const& hello) {
  // These two are said by path, in the message's own fields.
  if (flag == "model" || flag == "draft-model") return false;
  if (auto const* known = spec::find_flag(flag)) return known->scope == Scope::model || known->scope == Scope::process;
  auto const own = std::ranges::find_if(
      hello.own_flags, [&](protocol::OwnFlag const& candidate) { return hello.name + "." + candidate.name == flag; });
  return own != hello.own_flags.end() && (own->scope == "model" || own->scope == "process");
}

}  // namespace

std::string model_path(Experiment const& experiment, std::string const& id_or_path) {
  auto const model = std::ranges::find(experiment.models, id_or_path, &Model::id);
  return model == experiment.models.end() ? id_or_path : model->path.string();
}

bool LoadNeeds::served_by(LoadNeeds const& loaded) const {
  return model == loaded.model && flags == loaded.flags && (!draft || draft == loaded.draft);
}

LoadNeeds needs_of(Plan const& plan, Cell const& cell, protocol::HelloReply const& hello) {
  Experiment const& experiment = plan.experiment;
  LoadNeeds needs;
  std::optional<std::string> own_draft;
  if (cell.model < experiment.models.size()) {
    Model const& model = experiment.models[cell.model];
    needs.model = model.path.string();
    if (model.draft) own_draft = model.draft->string();
  }
  if (auto const other = value_or_empty(cell.resolved, "model"); !other.empty()) {
    needs.model = model_path(experiment, other);
  }
  auto const drafting = value_or_empty(cell.resolved, "speculative-decoding");
  bool const by_server = value_or_empty(cell.resolved, "spec-type").starts_with("draft-");
  if (by_server || (!drafting.empty() && drafting != "off")) {
    auto const named = value_or_empty(cell.resolved, "draft-model");
    if (named.empty())
      needs.draft = own_draft;
    else if (named != "none")
      needs.draft = model_path(experiment, named);
  }
  for (auto const& [name, value] : cell.resolved) {
    if (belongs_to_load(name, hello)) needs.flags.emplace(name, value);
  }
  return needs;
}

std::string while_loading(LoadNeeds const& needs, std::string const& reason) {
  return "loading " + (needs.model.empty() ? "without a model" : needs.model) + ": " + reason;
}

}  // namespace edgelab::course
