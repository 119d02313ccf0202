#include "stats/scores.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "stats/inference.hpp"

namespace edgelab::stats {

namespace {

struct RequestScore {
  double sum = 0.0;
  double full = 0.0;       // answers with the full score
  double count = 0.0;
  double lowest = 1.0;
  double highest = 0.0;

  void add(ScoredAnswer const& answer) {
    sum += answer.score * answer.count;
    full += answer.score >= 1.0 ? answer.count : 0.0;
    count += answer.count;
    lowest = std::min(lowest, answer.score);
    highest = std::max(highest, answer.score);
  }
  [[nodiscard]] double mean() const { return sum / count; }
  [[nodiscard]] bool right() const { return full * 2.0 > count; }
};

using ByRequest = std::map<std::size_t, RequestScore>;

std::optional<Bounds> interval_of(std::vector<double> const& means, std::int32_t right, std::uint64_t seed) {
  if (std::ranges::all_of(means, [](double mean) { return mean == 0.0 || mean == 1.0; }))
    return proportion_interval(right, static_cast<std::int32_t>(means.size()));
  return bootstrap_mean(means, seed);
}

void compare(QualitySummary& summary, ByRequest const& own, ByRequest const& reference, std::uint64_t seed) {
  FlipSummary flips;
  std::vector<double> differences;
  for (auto const& [request, score] : own) {
    auto const other = reference.find(request);
    if (other == reference.end()) continue;
    differences.push_back(score.mean() - other->second.mean());
    if (other->second.right() && !score.right()) ++flips.right_to_wrong;
    if (!other->second.right() && score.right()) ++flips.wrong_to_right;
  }
  summary.paired = static_cast<std::int32_t>(differences.size());
  if (differences.empty()) return;
  flips.p = flips.p_adjusted = mcnemar(flips.right_to_wrong, flips.wrong_to_right);
  summary.flips = flips;
  summary.difference = mean_interval(differences).estimate;
  if (std::ranges::any_of(differences, [&](double d) { return d != differences[0]; }))
    summary.difference_ci95 = bootstrap_mean(differences, seed);
}

}  // namespace

std::vector<QualitySummary> task_scores(Plan const& plan, std::span<ScoredAnswer const> scored,
                                        std::span<std::optional<std::size_t> const> references) {
  std::vector<ByRequest> scores(plan.cells.size());
  for (auto const& answer : scored) scores[answer.cell][answer.request].add(answer);

  auto const& experiment = plan.experiment;
  std::vector<QualitySummary> found;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    if (scores[i].empty()) continue;
    auto const& cell = plan.cells[i];
    QualitySummary summary;
    summary.cell = cell.id;
    summary.model = experiment.models.empty() ? "" : experiment.models[cell.model].id;
    summary.executor = experiment.executors[cell.executor].id;
    summary.workload = experiment.workloads[cell.workload].id;
    summary.round = experiment.rounds[cell.round].name;
    summary.scorer = experiment.workloads[cell.workload].scorer;
    std::vector<double> means;
    for (auto const& [request, score] : scores[i]) {
      means.push_back(score.mean());
      summary.right += score.right() ? 1 : 0;
      summary.varied += score.lowest < score.highest ? 1 : 0;
    }
    summary.requests = static_cast<std::int32_t>(means.size());
    summary.score = mean_interval(means).estimate;
    summary.ci95 = interval_of(means, summary.right, experiment.protocol.seed);
    if (auto const reference = references[i]) {
      summary.reference = experiment.rounds[plan.cells[*reference].round].name;
      if (*reference != i) compare(summary, scores[i], scores[*reference], experiment.protocol.seed);
    }
    found.push_back(std::move(summary));
  }

  std::vector<double> p;
  for (auto const& summary : found)
    if (summary.flips) p.push_back(summary.flips->p);
  auto adjusted = benjamini_hochberg(p);
  auto next = adjusted.begin();
  for (auto& summary : found)
    if (summary.flips) summary.flips->p_adjusted = *next++;
  return found;
}

Axis score_axis(Plan const& plan, std::span<ScoredAnswer const> scored) {
  Axis axis{.name = std::string(task_score), .values = std::vector<BlockValues>(plan.cells.size())};
  std::vector<std::map<std::int32_t, ByRequest>> scores(plan.cells.size());
  for (auto const& answer : scored) scores[answer.cell][answer.block][answer.request].add(answer);
  for (std::size_t i = 0; i < scores.size(); ++i)
    for (auto const& [block, requests] : scores[i]) {
      double sum = 0.0;
      for (auto const& [request, score] : requests) sum += score.mean();
      axis.values[i][block] = sum / static_cast<double>(requests.size());
    }
  return axis;
}

}  // namespace edgelab::stats
