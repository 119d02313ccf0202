#include "course/experiment.hpp"

#include <format>
#include <utility>

#include "plan/plan.hpp"
#include "quality/answers.hpp"
#include "quality/scorers.hpp"
#include "spec/catalogue.hpp"
#include "stats/metrics.hpp"

namespace edgelab::course {

spec::Overrides with_known_names(spec::Overrides overrides) {
  for (auto const& metric : stats::metric_table()) overrides.known_metrics.emplace_back(metric.name);
  overrides.known_scorers = quality::scorer_names();
  return overrides;
}

spec::Diagnostics check_answers(Experiment const& experiment) {
  spec::Diagnostics wrong;
  for (auto const& workload : experiment.workloads)
    if (auto const unusable = quality::first_unusable(workload))
      wrong.push_back({.file = workload.origin.file,
                       .line = workload.origin.line,
                       .column = workload.origin.column,
                       .message = std::format("the scorer {} cannot use what request '{}' expects: {}", workload.scorer,
                                              unusable->request, unusable->why)});
  return wrong;
}

Result<Plan> plan_of(Experiment experiment, int physical_cores) {
  plan::FlagRules const rules{
      .resolve = [physical_cores](Flags const& asked) { return spec::resolve(asked, physical_cores); },
      .refusal = [](Flags const& resolved, Model const& model) { return spec::refusal(resolved, model); }};
  return plan::make_plan(std::move(experiment), rules);
}

}  // namespace edgelab::course
