#include "runner/findings.hpp"

#include <algorithm>
#include <iterator>

#include "quality/answers.hpp"
#include "quality/near_ties.hpp"
#include "report/groups.hpp"
#include "runner/effects.hpp"
#include "spec/catalogue.hpp"
#include "stats/effects.hpp"
#include "stats/estimate.hpp"
#include "stats/kld.hpp"
#include "stats/pareto.hpp"
#include "stats/scores.hpp"

namespace edgelab::runner {

std::optional<Effect> effect_of(std::string const& flag) {
  auto const* const known = spec::find_flag(flag);
  if (known == nullptr) return std::nullopt;
  return known->effect;
}

namespace {

void judge_equivalence(Summary& summary, Plan const& plan, std::vector<Answer> const& answers, Checks const& checks) {
  auto const all = quality::divergent(plan, answers, effect_of);
  for (auto& row : summary.equivalence) {
    std::vector<quality::Divergent> divergent;
    std::vector<JudgedAnswer> judged;
    auto const is_its = [&](auto const& one) { return plan.cells[one.cell].id == row.cell; };
    std::ranges::copy_if(all, std::back_inserter(divergent), is_its);
    std::ranges::copy_if(checks.judged, std::back_inserter(judged), is_its);
    quality::judge(row, plan, divergent, judged);
  }
}

}  // namespace

void add_findings(Summary& summary, Plan const& plan, std::span<TrialResult const> trials,
                  std::vector<Answer> const& answers, Checks const& checks) {
  stats::adjust_for_many(summary.false_discoveries, report::concluded(summary));
  summary.effects = stats::effects(plan, trials);

  std::vector<std::optional<std::size_t>> references;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) references.push_back(quality::reference_of(plan, i));
  auto const scored = quality::score(plan, answers);
  summary.quality = stats::task_scores(plan, scored, references);
  summary.equivalence = quality::equivalence(plan, answers, effect_of);
  judge_equivalence(summary, plan, answers, checks);
  summary.divergence = stats::divergences(plan, checks.texts, references);

  std::vector<stats::Axis> further;
  if (!scored.empty()) further.push_back(stats::score_axis(plan, scored));
  summary.pareto = stats::pareto(plan, trials, further);
}

}  // namespace edgelab::runner
