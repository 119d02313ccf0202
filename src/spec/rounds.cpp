// `rounds`, with what `combine` and `sweep` add to them.
#include "spec/rounds.hpp"

#include <algorithm>
#include <format>

#include "core/text.hpp"
#include "spec/catalogue.hpp"

namespace edgelab::spec {

namespace {

std::vector<std::string> names_of(std::span<Round const> rounds) {
  std::vector<std::string> names;
  for (auto const& round : rounds) {
    if (!round.name.empty() && !std::ranges::contains(names, round.name)) names.push_back(round.name);
  }
  return names;
}

std::string_view without_dashes(std::string_view name) {
  for (int dash = 0; dash < 2 && name.starts_with('-'); ++dash) name.remove_prefix(1);
  return name;
}

Flags lower_flags(Lowering& to, document::FlagValues const& written, FlagContext const& context) {
  Flags flags;
  for (auto const& [name, value] : written.entries) {
    auto const flag = lower_flag(to, name, value, context);
    if (!flag) continue;
    if (!flags.insert(*flag).second) {
      to.error(name.mark, flag->first == without_dashes(name.value)
                              ? std::format("{} is set twice in this round", flag->first)
                              : std::format("{} is set twice in this round: {} is another name for it", flag->first, name.value));
    }
  }
  return flags;
}

// A round written by hand that no model can run is a mistake in the file; one that some can is a row that says so.
void check_refusal(Lowering& to, Round const& round, document::Mark mark, std::span<Model const> models) {
  auto const resolved = resolve(round.flags, 1);
  auto reason = refusal(resolved);
  if (!reason && !models.empty()) {
    for (auto const& model : models) {
      reason = refusal(resolved, model);
      if (!reason) return;
    }
  }
  if (reason) to.error(mark, std::format("round '{}' cannot run: {}", round.name, *reason));
}

Round lower_round(Lowering& to, document::Round const& written, FlagContext const& context) {
  Round round;
  round.name = written.name.value;
  round.origin = to.origin(written.name.mark);
  if (written.category) round.category = written.category->value;
  if (round.category.empty()) round.category = round.name == "baseline" ? "baseline" : "custom";
  if (written.flags) round.flags = lower_flags(to, *written.flags, context);
  return round;
}

// Once all rounds are there.
void lower_versus(Lowering& to, document::Round const& written, Round& round, std::span<Round const> rounds) {
  for (auto const& name : *written.versus) {
    auto const* const other = require_round(to, rounds, name);
    if (other == nullptr) continue;
    if (other->name == round.name) {
      to.error(name.mark, std::format("round '{}' is compared with itself: expected another round", round.name));
    } else if (!std::ranges::contains(round.versus, other->name)) {
      round.versus.push_back(other->name);
    }
  }
}

void ensure_baseline(Lowering& to, std::vector<Round>& rounds) {
  if (std::ranges::contains(rounds, "baseline", &Round::category)) return;
  if (auto const* const taken = find_round(rounds, "baseline")) {
    to.error({taken->origin.line, taken->origin.column},
             std::format("the round 'baseline' has the category {}, and no other round is the baseline: expected category: "
                         "baseline", taken->category));
    return;
  }
  Round baseline;
  baseline.name = "baseline";
  baseline.category = "baseline";
  rounds.insert(rounds.begin(), std::move(baseline));
}

}  // namespace

Round const* find_round(std::span<Round const> rounds, std::string_view name) {
  auto const found = std::ranges::find(rounds, name, &Round::name);
  return found == rounds.end() ? nullptr : &*found;
}

Round const* require_round(Lowering& to, std::span<Round const> rounds, document::Text const& name) {
  auto const* const round = find_round(rounds, name.value);
  if (round == nullptr && !name.value.empty()) {
    auto const names = names_of(rounds);
    constexpr std::size_t few = 12;
    auto const known = names.size() <= few ? std::format(": expected one of {}", join(names, ", ")) : std::string{};
    to.error(name.mark, std::format("there is no round '{}'{}{}", name.value, suggestion(name.value, names), known));
  }
  return round;
}

std::optional<std::pair<std::string, std::string>> lower_flag(Lowering& to, document::Text const& name,
                                                              document::FlagValue const& value,
                                                              FlagContext const& context) {
  auto const plain = without_dashes(name.value);
  auto const* const flag = find_flag(name.value);
  if (flag == nullptr) {
    // A flag that an executor will announce is checked when it has.
    auto const dot = plain.find('.');
    bool const has_owner = dot != std::string_view::npos && dot > 0 && dot + 1 < plain.size();
    if (has_owner && (context.any_executor || std::ranges::contains(context.executors, plain.substr(0, dot)))) {
      return std::pair{std::string(plain), std::string(trim(value.text))};
    }
    auto const names = flag_names();
    to.error(name.mark, std::format("unknown flag '{}'{}: docs/FLAGS.md lists all flags", name.value,
                                    suggestion(plain, names)));
    return std::nullopt;
  }
  auto canonical = canonical_value(*flag, value.text);
  if (!canonical) {
    to.error(value.mark, canonical.error().message);
    return std::nullopt;
  }
  if (flag->name == "model" && !std::ranges::contains(context.models, *canonical)) {
    to.error(value.mark, std::format("there is no model '{}'{}: expected one of {}", *canonical,
                                     suggestion(*canonical, context.models), join(context.models, ", ")));
    return std::nullopt;
  }
  return std::pair{std::string(flag->name), *std::move(canonical)};
}

std::vector<Round> lower_rounds(Lowering& to, document::Experiment const& from, std::span<Model const> models,
                                std::span<ExecutorSpec const> executors) {
  FlagContext context;
  for (auto const& model : models) context.models.push_back(model.id);
  for (auto const& executor : executors) {
    context.executors.push_back(executor.id);
    context.executors.push_back(executor.kind);
    context.any_executor |= executor.kind == "exec" || executor.kind == "remote";
  }

  std::vector<Round> rounds;
  std::vector<document::Text const*> names;
  for (auto const& at : from.rounds) {
    to.check_name(at.value.name, "round", Lowering::Plus::allowed);
    names.push_back(&at.value.name);
    rounds.push_back(lower_round(to, at.value, context));
    check_refusal(to, rounds.back(), at.value.name.mark, models);
  }
  to.check_distinct(names, "round");
  ensure_baseline(to, rounds);
  if (from.combine) {
    for (auto const& combine : *from.combine) add_combined(to, combine, rounds);
  }
  if (from.sweep) {
    for (auto const& sweep : *from.sweep) add_swept(to, sweep, context, rounds);
  }
  if (rounds.size() > max_rounds) {
    to.error({1, 1}, std::format("{} rounds: expected at most {}", rounds.size(), max_rounds));
  }
  for (auto const& at : from.rounds) {
    if (!at.value.versus) continue;
    auto const round = std::ranges::find(rounds, at.value.name.value, &Round::name);
    if (round != rounds.end()) lower_versus(to, at.value, *round, rounds);
  }
  for (auto const& workload : from.workloads) {
    if (!workload.value.rounds) continue;
    for (auto const& name : *workload.value.rounds) require_round(to, rounds, name);
  }
  return rounds;
}

}  // namespace edgelab::spec
