#include "course/reading.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "course/effects.hpp"
#include "quality/answers.hpp"
#include "spec/catalogue.hpp"

namespace edgelab::course {

namespace {

// Flags that are of scope context and say nothing of how one text is read.
bool is_about_several(std::string const& flag) {
  return flag == "parallel" || flag == "kv-unified" || flag == "speculative-decoding" || flag == "draft-model" ||
         flag == "spec-type";
}

bool changes_distributions(Plan const& plan, std::string const& flag) {
  auto const* const known = spec::find_flag(flag);
  if (known == nullptr)
    return course::effects_in(plan)(flag) != Effect::exact;    // one that nobody told of may do anything
  if (known->effect == Effect::exact || is_about_several(flag)) return false;
  return known->scope == Scope::model || known->scope == Scope::context || known->scope == Scope::process;
}

bool reads_otherwise(Plan const& plan, Cell const& cell, Cell const& reference) {
  auto const differs = [&plan](Flags const& a, Flags const& b) {
    return std::ranges::any_of(a, [&](auto const& flag) {
      auto const other = b.find(flag.first);
      return (other == b.end() || other->second != flag.second) && changes_distributions(plan, flag.first);
    });
  };
  return differs(cell.resolved, reference.resolved) || differs(reference.resolved, cell.resolved);
}

}  // namespace

std::optional<std::size_t> reading_reference_of(Plan const& plan, std::size_t cell) {
  auto const& experiment = plan.experiment;
  auto const& quality = experiment.quality;
  if (!quality.reference_model && !quality.reference_executor) return quality::reference_of(plan, cell);
  auto const& own = plan.cells[cell];
  auto const model = quality.reference_model.value_or(experiment.models[own.model].id);
  auto const executor = quality.reference_executor.value_or(experiment.executors[own.executor].id);
  auto const round = quality.reference.value_or(experiment.rounds[plan.cells[own.baseline].round].name);
  auto const found = std::ranges::find_if(plan.cells, [&](Cell const& other) {
    return other.workload == own.workload && experiment.rounds[other.round].name == round &&
           experiment.models[other.model].id == model && experiment.executors[other.executor].id == executor;
  });
  if (found == plan.cells.end()) return std::nullopt;
  return static_cast<std::size_t>(found - plan.cells.begin());
}

std::vector<std::size_t> read_as(Plan const& plan) {
  std::vector<std::size_t> cells;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    auto const near = quality::reference_of(plan, i);
    bool const alike = near && !reads_otherwise(plan, plan.cells[i], plan.cells[*near]);
    cells.push_back(alike ? *near : i);
  }
  return cells;
}

std::vector<std::size_t> cells_to_read(Plan const& plan) {
  auto const stands_for = read_as(plan);
  std::vector<std::size_t> cells;
  std::set<std::tuple<std::size_t, std::size_t, std::size_t>> read;   // model, executor, round
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    auto const& cell = plan.cells[i];
    auto const reference = reading_reference_of(plan, i);
    if (!reference || *reference == i || stands_for[i] != i || cell.refused || plan.cells[*reference].refused) continue;
    bool const first = read.emplace(cell.model, cell.executor, cell.round).second;
    if (first || plan.experiment.quality.texts.empty()) cells.push_back(i);
  }
  return cells;
}

}  // namespace edgelab::course
