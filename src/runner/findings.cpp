#include "runner/findings.hpp"

#include "quality/answers.hpp"
#include "report/groups.hpp"
#include "spec/catalogue.hpp"
#include "stats/effects.hpp"
#include "stats/estimate.hpp"
#include "stats/pareto.hpp"
#include "stats/scores.hpp"

namespace edgelab::runner {

namespace {

std::optional<Effect> effect_of(std::string const& flag) {
  auto const* const known = spec::find_flag(flag);
  if (known == nullptr) return std::nullopt;    // an executor's own
  return known->effect;
}

}  // namespace

void add_findings(Summary& summary, Plan const& plan, std::span<TrialResult const> trials,
                  std::vector<Answer> const& answers) {
  stats::adjust_for_many(summary.false_discoveries, report::concluded(summary));
  summary.effects = stats::effects(plan, trials);

  std::vector<std::optional<std::size_t>> references;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) references.push_back(quality::reference_of(plan, i));
  auto const scored = quality::score(plan, answers);
  summary.quality = stats::task_scores(plan, scored, references);
  summary.equivalence = quality::equivalence(plan, answers, effect_of);

  std::vector<stats::Axis> further;
  if (!scored.empty()) further.push_back(stats::score_axis(plan, scored));
  summary.pareto = stats::pareto(plan, trials, further);
}

}  // namespace edgelab::runner
