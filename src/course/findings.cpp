#include "course/findings.hpp"

#include <algorithm>
#include <iterator>
#include <map>

#include "course/effects.hpp"
#include "course/pass_results.hpp"
#include "course/reading.hpp"
#include "quality/answers.hpp"
#include "quality/near_ties.hpp"
#include "report/groups.hpp"
#include "stats/effects.hpp"
#include "stats/estimate.hpp"
#include "stats/kld.hpp"
#include "stats/pareto.hpp"
#include "stats/scores.hpp"
#include "stats/transfer.hpp"
#include "types/names.hpp"

namespace edgelab::course {

namespace {

std::vector<ChoiceLikelihoods> choices_among(std::span<PassResult const> passes) {
  std::vector<ChoiceLikelihoods> found;
  for (auto const& pass : passes)
    if (pass.kind == choices_pass && pass.status == Status::ok)
      if (auto rows = choices_from_json(pass.cell, pass.result)) found.append_range(std::move(*rows));
  return found;
}

// Grades from 0 to 1, so that statistics can treat them as any score; and back.
std::vector<JudgeSummary> judge_rows(Plan const& plan, std::span<PassResult const> passes,
                                     std::span<std::optional<std::size_t> const> references) {
  if (!plan.experiment.quality.judge) return {};
  auto const& judge = *plan.experiment.quality.judge;
  double const width = judge.highest - judge.lowest;
  std::vector<ScoredAnswer> scored;
  std::map<std::string, JudgeSummary> errors;    // by cell
  for (auto const& pass : passes) {
    if (pass.kind != judge_pass || pass.status != Status::ok || pass.cell >= plan.cells.size()) continue;
    auto const rows = judged_from_json(pass.result);
    if (!rows) continue;
    for (auto const& row : *rows) {
      if (row.grade) {
        scored.push_back({pass.cell, row.request, 0, row.count, (*row.grade - judge.lowest) / width});
        continue;
      }
      auto& told = errors[plan.cells[pass.cell].id];
      if (told.ungraded++ == 0) told.first_error = row.error;
    }
  }
  std::vector<JudgeSummary> found;
  for (auto const& row : stats::task_scores(plan, scored, references)) {
    JudgeSummary summary = errors[row.cell];
    summary.cell = row.cell;
    summary.model = row.model;
    summary.executor = row.executor;
    summary.workload = row.workload;
    summary.round = row.round;
    summary.judge = judge.model;
    summary.reference = row.reference;
    summary.lowest = judge.lowest;
    summary.highest = judge.highest;
    summary.requests = row.requests;
    summary.grade = judge.lowest + width * row.score;
    if (row.ci95) summary.ci95 = {judge.lowest + width * (*row.ci95)[0], judge.lowest + width * (*row.ci95)[1]};
    summary.paired = row.paired;
    if (row.difference) summary.difference = width * *row.difference;
    if (row.difference_ci95)
      summary.difference_ci95 = {width * (*row.difference_ci95)[0], width * (*row.difference_ci95)[1]};
    found.push_back(std::move(summary));
  }
  return found;
}

// What the tables of a model and a workload show, on whichever executor.
std::vector<std::string> headlines_of(Summary const& summary, std::string const& model, std::string const& workload) {
  std::vector<std::string> names;
  for (auto const& group : report::groups_of(summary)) {
    if (group.model != model || group.workload != workload) continue;
    for (auto const& name : report::headline_metrics(group))
      if (!std::ranges::contains(names, name)) names.push_back(name);
  }
  return names;
}

void judge_equivalence(Summary& summary, Plan const& plan, std::vector<Answer> const& answers, Checks const& checks) {
  auto const all = quality::divergent(plan, answers, effects_in(plan));
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
                  std::vector<Answer> const& answers, std::span<PassResult const> passes, Checks const& checks) {
  stats::adjust_for_many(summary.false_discoveries, report::concluded(summary));
  std::vector<std::optional<std::size_t>> references;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) references.push_back(quality::reference_of(plan, i));
  auto const chosen = quality::score_choices(plan, choices_among(passes));
  auto const written = quality::score(plan, answers);
  auto scored = written;
  scored.append_range(chosen);
  std::vector<std::optional<std::size_t>> read_beside;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) read_beside.push_back(reading_reference_of(plan, i));
  auto const stands_for = read_as(plan);
  summary.across_executors = stats::across_executors(
      plan, trials, summary,
      [&](std::string const& model, std::string const& workload) { return headlines_of(summary, model, workload); });
  summary.effects =
      stats::effects(plan, trials, scored, {.texts = checks.texts, .read_as = stands_for, .references = read_beside});
  summary.quality = stats::task_scores(plan, scored, references);
  summary.equivalence = quality::equivalence(plan, answers, effects_in(plan));
  judge_equivalence(summary, plan, answers, checks);
  summary.divergence = stats::divergences(plan, checks.texts, read_beside);

  for (auto const& pass : passes)
    if (pass.status != Status::ok && pass.cell < plan.cells.size())
      summary.unscored.push_back({plan.cells[pass.cell].id, pass.kind, std::string(name_of(pass.status)), pass.reason});

  summary.judge = judge_rows(plan, passes, references);

  std::vector<stats::Axis> further;
  if (!written.empty()) further.push_back(stats::score_axis(plan, written));
  if (!chosen.empty()) {
    further.push_back(stats::score_axis(plan, chosen));
    further.back().by_block = false;    // asked once
  }
  summary.pareto = stats::pareto(plan, trials, further);
}

}  // namespace edgelab::course
