#include "runner/pool.hpp"

#include <algorithm>

#include "spec/catalogue.hpp"

namespace edgelab::runner {

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

std::chrono::milliseconds seconds(double s) { return std::chrono::milliseconds(static_cast<std::int64_t>(s * 1000.0)); }

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

Pool::Pool(Plan const& plan, std::vector<protocol::HelloReply> const& hellos, StartExecutor start)
    : plan_(plan), start_(std::move(start)) {
  for (auto const& cell : plan.cells) needs_.push_back(needs_of(plan, cell, hellos[cell.executor]));
}

Pool::Key Pool::key_of(std::size_t cell) const { return {plan_.cells[cell].executor, needs_[cell].model}; }

executor::Outcome<void> Pool::load(Held& held, std::size_t cell, std::stop_token const& stop) {
  LoadNeeds const& needs = needs_[cell];
  if (held.loaded && needs.served_by(*held.loaded)) return {};
  held.loaded.reset();
  protocol::Load message{.model = needs.model, .draft = needs.draft, .flags = plan_.cells[cell].resolved};
  auto const answer = cancellable(*held.process, stop, [&] {
    return held.process->load(std::move(message), seconds(plan_.experiment.protocol.trial_timeout_s));
  });
  if (!answer) {
    auto trouble = answer.error();
    trouble.reason = "loading " + (needs.model.empty() ? "without a model" : needs.model) + ": " + trouble.reason;
    return std::unexpected(std::move(trouble));
  }
  held.model_bytes = answer->model_bytes;
  held.loaded = needs;
  return {};
}

executor::Outcome<Held> Pool::fresh(std::size_t cell, std::stop_token const& stop) {
  auto process = start_(plan_.cells[cell].executor);
  if (!process) return std::unexpected(process.error());
  Held held{.process = std::move(*process), .loaded = {}, .model_bytes = {}};
  if (auto loaded = load(held, cell, stop); !loaded) return std::unexpected(loaded.error());
  return held;
}

executor::Outcome<Held*> Pool::get(std::size_t cell, std::stop_token const& stop) {
  auto found = held_.find(key_of(cell));
  if (found == held_.end()) {
    auto made = fresh(cell, stop);
    if (!made) return std::unexpected(made.error());
    found = held_.emplace(key_of(cell), std::move(*made)).first;
    return &found->second;
  }
  if (auto loaded = load(found->second, cell, stop); !loaded) {
    if (loaded.error().process_lost) held_.erase(found);
    return std::unexpected(loaded.error());
  }
  return &found->second;
}

void Pool::forget(std::size_t cell) { held_.erase(key_of(cell)); }

void Pool::clear() { held_.clear(); }

}  // namespace edgelab::runner
