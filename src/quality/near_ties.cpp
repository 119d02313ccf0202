#include "quality/near_ties.hpp"

#include <algorithm>
#include <optional>

namespace edgelab::quality {

namespace {

// One way of answering a request; true where it was judged.
bool judge_one(DivergenceSummary& divergence, std::size_t parted, JudgedAnswer const& answer, double bound) {
  if (parted >= answer.leads.size()) return false;  // it was cut where the reference went on: not for the model to say
  // Before it parted it was the reference's own output.
  auto const beyond = std::find_if(answer.leads.begin() + static_cast<std::ptrdiff_t>(parted), answer.leads.end(),
                                   [&](double lead) { return lead > bound; });
  bool const tie = beyond == answer.leads.end();
  if (divergence.verdict == "real") return true;  // one is enough
  if (!tie) {
    divergence.verdict = "real";
    divergence.margin = answer.leads[parted];
    divergence.defect = static_cast<std::int32_t>(beyond - answer.leads.begin());
    divergence.defect_margin = *beyond;
  } else {
    divergence.margin = std::max(divergence.margin.value_or(0.0), answer.leads[parted]);
  }
  return true;
}

}  // namespace

void judge(EquivalenceSummary& summary, Plan const& plan, std::span<Divergent const> divergent,
           std::span<JudgedAnswer const> judged) {
  std::optional<double> noise;
  for (auto const& answer : judged) {
    if (answer.status != Status::ok && summary.reason.empty()) summary.reason = answer.reason;
    if (answer.status == Status::ok && answer.noise) noise = std::max(noise.value_or(0.0), *answer.noise);
  }
  if (noise) summary.bound = std::min(2.0 * *noise, largest_bound);
  for (auto& divergence : summary.divergences) {
    if (!summary.bound) break;
    std::int32_t seen = 0;  // answers
    for (auto const& one : divergent) {
      auto const& workload = plan.experiment.workloads[plan.cells[one.cell].workload];
      if (workload.requests[one.request].id != divergence.request) continue;
      auto const answer = std::ranges::find_if(judged, [&, key = key_of(*one.answer)](JudgedAnswer const& candidate) {
        return candidate.status == Status::ok && candidate.request == divergence.request && candidate.answer == key;
      });
      if (answer == judged.end()) continue;
      if (judge_one(divergence, static_cast<std::size_t>(one.token), *answer, *summary.bound)) seen += one.count;
    }
    if (divergence.verdict != "real" && seen == divergence.differing) divergence.verdict = "near-tie";
  }
  auto const count = [&](std::string_view verdict) {
    return static_cast<std::int32_t>(std::ranges::count(summary.divergences, verdict, &DivergenceSummary::verdict));
  };
  summary.near_ties = count("near-tie");
  summary.real = count("real");
  if (summary.real > 0)
    summary.verdict = "real";
  else if (count("differs") > 0)
    summary.verdict = "differs";
  else if (summary.near_ties > 1 && summary.near_ties > largest_share * summary.requests)
    summary.verdict = "suspicious";
  else
    summary.verdict = summary.near_ties > 0 ? "near-ties" : "identical";
}

}  // namespace edgelab::quality
