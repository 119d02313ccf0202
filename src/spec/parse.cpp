#include "spec/parse.hpp"

#include <iterator>
#include <algorithm>
#include <format>
#include <set>
#include <tuple>

#include "core/text.hpp"
#include "spec/files.hpp"
#include "spec/lowering.hpp"
#include "spec/read_document.hpp"

namespace edgelab::spec {

namespace {

// The experiment file's own errors in the order of its lines, each once (a map behind an alias is read at every use);
// those of prompt files after them, as they came.
void put_in_order(Diagnostics& errors, std::filesystem::path const& file) {
  auto const own_end = std::ranges::stable_partition(errors, [&](Diagnostic const& d) { return d.file == file; }).begin();
  std::stable_sort(errors.begin(), own_end, [](Diagnostic const& a, Diagnostic const& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  Diagnostics distinct;
  std::set<std::string> told;
  for (auto& error : errors) {
    if (told.insert(error.describe()).second) distinct.push_back(std::move(error));
  }
  errors = std::move(distinct);
}

std::expected<Experiment, Diagnostics> parse_text(std::string const& yaml, std::filesystem::path const& origin,
                                                  Overrides const& overrides) {
  Diagnostics errors;
  auto const document = read_document(yaml, origin, errors);
  if (!document) return std::unexpected(std::move(errors));
  Lowering to(origin, overrides, errors);
  Experiment experiment;
  experiment.name = document->name.value;
  experiment.executors = lower_executors(to, *document);
  experiment.models = lower_models(to, *document, experiment.executors);
  experiment.workloads = lower_workloads(to, *document);
  experiment.rounds = lower_rounds(to, *document, experiment.models, experiment.executors);
  experiment.protocol = lower_protocol(to, *document, experiment.rounds, experiment.workloads);
  experiment.quality = lower_quality(to, *document, experiment);
  experiment.pareto = lower_pareto(to, *document);
  keep_only(to, experiment);
  if (overrides.more_checks) std::ranges::move(overrides.more_checks(experiment), std::back_inserter(errors));
  if (errors.empty()) return experiment;
  put_in_order(errors, origin);
  return std::unexpected(std::move(errors));
}

}  // namespace

std::string Diagnostic::describe() const {
  if (line == 0) return std::format("{}: {}", file.string(), message);
  return std::format("{}:{}:{}: {}", file.string(), line, column, message);
}

std::expected<Experiment, Diagnostics> load(std::filesystem::path const& file, Overrides const& overrides) {
  constexpr std::size_t max_bytes = std::size_t{64} << 20U;
  auto const text = read_whole_file(file, max_bytes);
  if (!text) {
    return std::unexpected(Diagnostics{{file, 0, 0, text.error().message + " (expected an experiment file, e.g. "
                                                                           "experiments/quick.yaml)"}});
  }
  return parse_text(*text, file, overrides);
}

std::expected<Experiment, Diagnostics> parse(std::string const& yaml, std::filesystem::path const& origin,
                                             Overrides const& overrides) {
  return parse_text(yaml, origin, overrides);
}

void keep_only(Lowering& to, Experiment& experiment) {
  auto const& wanted = to.overrides().only_rounds;
  if (wanted.empty()) return;
  std::vector<std::string> names;
  for (auto const& round : experiment.rounds) names.push_back(round.name);
  for (auto const& name : wanted) {
    if (std::ranges::contains(names, name)) continue;
    to.error({}, std::format("--only {}: there is no round of that name{}", name, suggestion(name, names)));
  }
  auto const baseline = std::ranges::find(experiment.rounds, "baseline", &Round::category);
  auto const baseline_name = baseline != experiment.rounds.end() ? baseline->name : std::string{};
  auto const stays = [&](std::string const& name) {
    auto const& sustained = experiment.protocol.sustained;
    return name == baseline_name || name == experiment.quality.reference || (sustained && name == sustained->round) ||
           std::ranges::contains(wanted, name);
  };
  auto const goes = [&](std::string const& name) { return !stays(name); };
  std::erase_if(experiment.rounds, [&](Round const& round) { return goes(round.name); });
  for (auto& round : experiment.rounds) std::erase_if(round.versus, goes);
  for (auto& workload : experiment.workloads) {
    if (workload.rounds.empty()) continue;  // all rounds
    std::erase_if(workload.rounds, goes);
    if (workload.rounds.empty()) workload.rounds.push_back(baseline_name);
  }
}

}  // namespace edgelab::spec
