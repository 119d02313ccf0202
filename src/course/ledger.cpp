#include "course/ledger.hpp"

#include <charconv>
#include <format>

#include "course/needs.hpp"

namespace edgelab::course {

namespace {

std::optional<double> number(std::string const& text) {
  double value = 0.0;
  auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool same_value(std::string const& asked, std::string const& in_force) {
  if (asked == in_force) return true;
  auto const a = number(asked);
  auto const b = number(in_force);
  return a && b && *a == *b;
}

// A batch can be no larger than the context, which is as large as the requests need: one that was cut to the context
// cuts nothing, since no request would have filled it.
bool cut_to_context(std::string const& flag, std::string const& asked, Flags const& in_force) {
  if (flag != "batch-size" && flag != "ubatch-size") return false;
  auto const context = in_force.find("n-ctx");
  if (context == in_force.end()) return false;
  auto const a = number(asked);
  auto const actual = number(in_force.at(flag));
  auto const largest = number(context->second);
  return a && actual && largest && *actual == *largest && *a > *largest;
}

// More layers than the model has are all of them: the usual 99.
bool every_layer(std::string const& flag, std::string const& asked, Flags const& in_force) {
  if (flag != "n-gpu-layers") return false;
  auto const there = in_force.find("offloadable-layers");
  if (there == in_force.end() || in_force.at(flag) != there->second) return false;
  auto const a = number(asked);
  auto const layers = number(there->second);
  return asked == "all" || (a && layers && *a > *layers);
}

}  // namespace

Flags asked_of(Plan const& plan, Cell const& cell) {
  Flags asked = plan.experiment.rounds[cell.round].flags;
  auto const& slots = plan.experiment.workloads[cell.workload].parallel;
  if (slots) asked.try_emplace("parallel", std::to_string(*slots));
  return asked;
}

std::optional<std::string> contradiction(Experiment const& experiment, Flags const& asked, Flags const& in_force) {
  for (auto const& [name, wanted] : asked) {
    auto const found = in_force.find(name);
    if (found == in_force.end()) continue;
    std::string const& actual = found->second;
    if (wanted == "auto" || actual == "unknown" || actual == "opaque" || same_value(wanted, actual)) continue;
    if (cut_to_context(name, wanted, in_force) || every_layer(name, wanted, in_force)) continue;
    // Rounds name models by id; an executor knows only the path it was given.
    bool const names_a_model = name == "model" || name == "draft-model";
    if (names_a_model && model_path(experiment, wanted) == actual) continue;
    return std::format("flag {}: asked {}, in force {}", name, wanted, actual);
  }
  return std::nullopt;
}

}  // namespace edgelab::course
