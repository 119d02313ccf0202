#include "course/ledger.hpp"

#include <format>

#include "course/needs.hpp"
#include "types/ledger.hpp"

namespace edgelab::course {

Flags asked_of(Plan const& plan, Cell const& cell) {
  Flags asked = plan.experiment.rounds[cell.round].flags;
  auto const& slots = plan.experiment.workloads[cell.workload].parallel;
  if (slots) asked.try_emplace("parallel", std::to_string(*slots));
  return asked;
}

std::optional<std::string> contradiction(Experiment const& experiment, Flags const& asked, Flags const& in_force) {
  for (auto const& [name, wanted] : asked) {
    if (ledger::taken(name, wanted, in_force)) continue;
    std::string const& actual = in_force.at(name);
    if (ledger::names_a_model(name) && model_path(experiment, wanted) == actual) continue;
    return std::format("flag {}: asked {}, in force {}", name, wanted, actual);
  }
  return std::nullopt;
}

}  // namespace edgelab::course
