#include "quality/near_ties.hpp"

#include <algorithm>
#include <optional>

namespace edgelab::quality {

namespace {

void judge_one(DivergenceSummary& divergence, JudgedAnswer const& answer, double bound) {
  auto const parted = static_cast<std::size_t>(*divergence.token);
  if (parted >= answer.leads.size()) return;    // it was cut where the reference went on: not for the model to say
  divergence.margin = answer.leads[parted];
  // Before it parted it was the reference's own output.
  auto const beyond = std::find_if(answer.leads.begin() + static_cast<std::ptrdiff_t>(parted), answer.leads.end(),
                                   [&](double lead) { return lead > bound; });
  divergence.verdict = beyond == answer.leads.end() ? "near-tie" : "real";
  if (beyond == answer.leads.end()) return;
  divergence.defect = static_cast<std::int32_t>(beyond - answer.leads.begin());
  divergence.defect_margin = *beyond;
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
  for (auto const& one : divergent) {
    if (!summary.bound) break;
    auto const& id = plan.experiment.workloads[plan.cells[one.cell].workload].requests[one.request].id;
    auto const divergence = std::ranges::find(summary.divergences, id, &DivergenceSummary::request);
    auto const key = key_of(*one.answer);
    auto const answer = std::ranges::find_if(judged, [&](JudgedAnswer const& candidate) {
      return candidate.status == Status::ok && candidate.request == id && candidate.answer == key;
    });
    if (divergence == summary.divergences.end() || !divergence->token || answer == judged.end()) continue;
    judge_one(*divergence, *answer, *summary.bound);
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
