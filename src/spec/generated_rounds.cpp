// Rounds that `combine` and `sweep` make. What llama.cpp refuses of these is no error here: it becomes a row that
// says so, since the user named the parts and not the combination.
#include <algorithm>
#include <format>
#include <set>

#include "core/text.hpp"
#include "spec/catalogue.hpp"
#include "spec/designs.hpp"
#include "spec/rounds.hpp"

namespace edgelab::spec {

namespace {

// True where both can be set together; else an error at `mark`.
bool agree(Lowering& to, document::Mark mark, Round const& a, Round const& b) {
  for (auto const& [name, value] : a.flags) {
    auto const other = b.flags.find(name);
    if (other == b.flags.end() || other->second == value) continue;
    to.error(mark, std::format("rounds '{}' and '{}' cannot be combined: {} is {} in one and {} in the other", a.name,
                               b.name, name, value, other->second));
    return false;
  }
  return true;
}

// The rounds named in `of`; empty, with errors, where they do not go together.
std::vector<Round> members_of(Lowering& to, document::At<document::Combine> const& combine,
                              std::vector<Round> const& rounds) {
  auto const& of = combine.value.of;
  std::vector<Round> members;
  bool good = !of.empty();
  for (auto const& name : of) {
    auto const* const round = require_round(to, rounds, name);
    if (round == nullptr) {
      good = false;
    } else if (round->category == "baseline") {
      to.error(name.mark, std::format("'{}' is the baseline, and adds nothing to a combination: expected other rounds",
                                      round->name));
      good = false;
    } else if (find_round(members, round->name) != nullptr) {
      to.error(name.mark, std::format("'{}' stands twice in 'of'", round->name));
      good = false;
    } else {
      members.push_back(*round);
    }
  }
  if (good && members.size() < 2) {
    to.error(of.front().mark, "'of' has one round: expected at least two to combine");
    good = false;
  }
  for (std::size_t i = 0; good && i < members.size(); ++i) {
    for (std::size_t j = i + 1; j < members.size(); ++j) {
      if (!agree(to, of[j].mark, members[i], members[j])) good = false;
    }
  }
  return good ? members : std::vector<Round>{};
}

bool same_parts(Round const& round, std::vector<std::string> const& parts) {
  return round.parts.size() == parts.size() && std::ranges::is_permutation(round.parts, parts);
}

Round merge(std::vector<Round> const& members, std::vector<std::size_t> const& subset) {
  Round merged;
  for (auto const index : subset) {
    auto const& member = members[index];
    merged.name += (merged.name.empty() ? "" : "+") + member.name;
    merged.flags.insert(member.flags.begin(), member.flags.end());
    merged.versus.push_back(member.name);
    // Parts of parts, so that effects are told of what was written by hand.
    auto const parts = member.parts.empty() ? std::vector<std::string>{member.name} : member.parts;
    for (auto const& part : parts) {
      if (!std::ranges::contains(merged.parts, part)) merged.parts.push_back(part);
    }
  }
  return merged;
}

bool name_is_free(Lowering& to, document::Mark mark, Round const& round, std::vector<Round> const& rounds) {
  auto const* const taken = find_round(rounds, round.name);
  if (taken == nullptr) return true;
  to.error(mark, std::format("this makes a round named '{}', and there is one already: line {}", round.name,
                             taken->origin.line));
  return false;
}

}  // namespace

void add_combined(Lowering& to, document::At<document::Combine> const& combine, std::vector<Round>& rounds) {
  auto const& written = combine.value;
  auto const members = members_of(to, combine, rounds);
  if (members.empty()) return;
  auto const design = design_named(written.design ? written.design->value : "full").value_or(Design::full);
  double const size = design_size(design, members.size());
  if (size + static_cast<double>(rounds.size()) > static_cast<double>(max_rounds)) {
    to.error(combine.mark, std::format("this makes {:.0f} rounds: expected at most {} in an experiment", size, max_rounds));
    return;
  }
  if (written.name && size != 1.0) {
    to.error(written.name->mark, std::format("this makes {:.0f} rounds, and one name for them: leave 'name' out", size));
    return;
  }
  if (written.name) to.check_name(*written.name, "round", Lowering::Plus::allowed);
  for (auto const& subset : subsets(design, members.size())) {
    auto round = merge(members, subset);
    if (written.name) round.name = written.name->value;
    round.category = written.category && !written.category->value.empty() ? written.category->value : "hybrid";
    round.origin = to.origin(written.name ? written.name->mark : combine.mark);
    // Two designs may overlap: what they share is made once.
    bool const made = std::ranges::any_of(rounds, [&](Round const& r) { return same_parts(r, round.parts); });
    if (made && !written.name) continue;
    if (!name_is_free(to, combine.mark, round, rounds)) return;
    rounds.push_back(std::move(round));
  }
}

void add_swept(Lowering& to, document::At<document::Sweep> const& sweep, FlagContext const& context,
               std::vector<Round>& rounds) {
  auto const& written = sweep.value;
  auto const* const found = require_round(to, rounds, written.round);
  if (written.flag.value.empty()) return;
  auto const base = found != nullptr ? *found : Round{};
  std::set<std::string> seen;
  std::set<std::string> names;
  for (auto const& round : rounds) names.insert(round.name);
  for (auto const& value : written.values) {
    auto const flag = lower_flag(to, written.flag, value, context);
    if (!flag) {
      if (find_flag(written.flag.value) == nullptr) return;  // unknown: once is enough
      continue;
    }
    if (!seen.insert(flag->second).second) {
      to.error(value.mark, std::format("the value '{}' stands twice in this sweep", flag->second));
      continue;
    }
    if (found == nullptr) continue;
    auto round = base;
    round.name = std::format("{}[{}={}]", base.name, flag->first, flag->second);
    round.flags[flag->first] = flag->second;
    round.origin = to.origin(value.mark);
    round.versus.clear();
    if (base.category == "baseline") round.category = "custom";
    else round.versus.push_back(base.name);
    if (!names.insert(round.name).second) {
      (void)name_is_free(to, value.mark, round, rounds);   // says where the other is
      continue;
    }
    if (rounds.size() >= max_rounds) {
      to.error(sweep.mark, std::format("more than {} rounds in one experiment", max_rounds));
      return;
    }
    rounds.push_back(std::move(round));
  }
}

}  // namespace edgelab::spec
