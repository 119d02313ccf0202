// `protocol.cool_down` and `protocol.sustained`.
#include <algorithm>
#include <format>

#include "core/text.hpp"
#include "spec/lowering.hpp"
#include "spec/rounds.hpp"

namespace edgelab::spec {

CoolDown lower_cool_down(Lowering& to, document::CoolDown const& from) {
  CoolDown rule;
  if (from.before && from.before->value == "trial") rule.before = CoolDown::Before::trial;
  if (from.to_c) rule.to_c = from.to_c->value;
  if (from.within_c) rule.within_c = from.within_c->value;
  if (from.limit) rule.limit_s = duration(to, *from.limit, "limit").value_or(rule.limit_s);
  return rule;
}

Sustained lower_sustained(Lowering& to, document::At<document::Sustained> const& from, std::span<Round const> rounds,
                          std::span<Workload const> workloads) {
  auto const& written = from.value;
  Sustained sustained;
  if (written.time) sustained.seconds = duration(to, *written.time, "time").value_or(sustained.seconds);
  auto const* const round = require_round(to, rounds, written.round);
  if (round != nullptr) sustained.round = round->name;

  std::vector<std::string> ids;
  for (auto const& workload : workloads) ids.push_back(workload.id);
  if (written.workload) {
    sustained.workload = written.workload->value;
    if (!sustained.workload.empty() && !std::ranges::contains(ids, sustained.workload)) {
      to.error(written.workload->mark,
               std::format("there is no workload '{}'{}: expected one of {}", sustained.workload,
                           suggestion(sustained.workload, ids), join(ids, ", ")));
    }
  } else if (ids.size() == 1) {
    sustained.workload = ids.front();
  } else if (!ids.empty()) {
    to.error(from.mark, std::format("'sustained' needs the key 'workload' where there are several: expected one of {}",
                                    join(ids, ", ")));
  }

  auto const workload = std::ranges::find(workloads, sustained.workload, &Workload::id);
  if (round != nullptr && workload != workloads.end() && !workload->rounds.empty() && round->category != "baseline" &&
      !std::ranges::contains(workload->rounds, round->name)) {
    to.error(written.round.mark, std::format("the round '{}' does not run on workload '{}', whose rounds are {}",
                                             round->name, workload->id, join(workload->rounds, ", ")));
  }
  return sustained;
}

}  // namespace edgelab::spec
