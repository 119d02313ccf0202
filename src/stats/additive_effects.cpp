#include "stats/additive_effects.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <string>

#include "stats/factorial.hpp"
#include "stats/inference.hpp"

namespace edgelab::stats {

namespace {

// Sums of tenths leave something in the last places where nothing differs.
std::vector<double> rounded(std::vector<double> values) {
  for (auto& value : values) value = std::round(value * 1e12) / 1e12;
  return values;
}

struct Estimator {
  std::function<double(std::vector<double> const&)> mean;
  std::function<std::optional<Bounds>(std::vector<double> const&)> interval;
};

ScoreEffects as_differences(std::vector<FittedTerm> const& terms, std::vector<Together> const& combinations,
                            Estimator const& of) {
  ScoreEffects found;
  for (auto const& term : terms) {
    auto const values = rounded(term.values);
    found.effects.push_back(
        {term.name, of.mean(values), of.interval(values), static_cast<std::int32_t>(values.size())});
  }
  for (auto const& one : combinations) {
    auto const difference = rounded(one.difference);
    found.combinations.push_back({.round = one.round,
                                  .parts = one.parts,
                                  .predicted = of.mean(one.predicted),
                                  .measured = of.mean(one.measured),
                                  .difference = of.mean(difference),
                                  .ci95 = of.interval(difference),
                                  .n = static_cast<std::int32_t>(difference.size())});
  }
  return found;
}

// Of each cell, the mean score of each request over its answers: a request stands where else a block does.
std::vector<BlockValues> scores_by_request(Plan const& plan, std::span<ScoredAnswer const> scored) {
  struct Sum {
    double score = 0.0;
    double count = 0.0;
  };
  std::vector<std::map<std::int32_t, Sum>> sums(plan.cells.size());
  for (auto const& answer : scored) {
    auto& sum = sums[answer.cell][static_cast<std::int32_t>(answer.request)];
    sum.score += answer.score * answer.count;
    sum.count += answer.count;
  }
  std::vector<BlockValues> means(plan.cells.size());
  for (std::size_t i = 0; i < sums.size(); ++i)
    for (auto const& [request, sum] : sums[i]) means[i][request] = sum.score / sum.count;
  return means;
}

// What a cell's texts add up to, by the text's id.
struct TextSum {
  double kld = 0.0;
  double tokens = 0.0;
};
using TextSums = std::map<std::string, TextSum>;

TextSums sums_of(std::size_t cell, Distances const& distances) {
  TextSums sums;
  for (auto const& text : distances.texts) {
    if (text.cell != cell || text.shape != "prefill" || text.status != Status::ok || text.kld.empty()) continue;
    auto& sum = sums[text.id];
    for (double const kld : text.kld) sum.kld += kld;
    sum.tokens += static_cast<double>(text.kld.size());
  }
  return sums;
}

// One column a text that every run with a distance read to the same length, and how many tokens each has.
struct TextColumns {
  std::vector<Column> columns;
  std::vector<double> tokens;
};

TextColumns columns_of(FactorialDesign const& design, Distances const& distances) {
  std::vector<std::optional<TextSums>> runs;    // nullopt: the reference's own, or what reads as it does
  TextSums const* first = nullptr;
  for (auto const& run : design.runs) {
    auto const cell = distances.read_as[run.cell];
    bool const is_reference = distances.references[cell] == cell;
    runs.push_back(is_reference ? std::nullopt : std::optional(sums_of(cell, distances)));
  }
  for (auto const& run : runs)
    if (first == nullptr && run) first = &*run;
  TextColumns found;
  if (first == nullptr) return found;
  for (auto const& [id, text] : *first) {
    Column column;
    for (auto const& run : runs) {
      if (!run) {
        column.push_back(0.0);
      } else if (auto const read = run->find(id); read != run->end() && read->second.tokens == text.tokens) {
        column.push_back(read->second.kld);
      }
    }
    if (column.size() != runs.size()) continue;
    found.columns.push_back(std::move(column));
    found.tokens.push_back(text.tokens);
  }
  return found;
}

bool all_equal(std::vector<double> const& values) {
  return std::ranges::all_of(values, [&](double value) { return value == values[0]; });
}

}  // namespace

std::optional<ScoreEffects> score_effects(Plan const& plan, FactorialDesign const& design, DesignTerms const& terms,
                                          std::span<ScoredAnswer const> scored) {
  auto const scores = scores_by_request(plan, scored);
  std::vector<BlockValues> values;
  for (auto const& run : design.runs) values.push_back(scores[run.cell]);
  auto const requests = complete_columns(values);
  if (requests.empty()) return std::nullopt;
  Estimator const over_requests{.mean = [](auto const& list) { return mean_interval(list).estimate; },
                                .interval = [&](auto const& list) -> std::optional<Bounds> {
                                  if (all_equal(list)) return std::nullopt;
                                  return bootstrap_mean(list, plan.experiment.protocol.seed);
                                }};
  auto found = as_differences(fitted(terms, requests), together(plan, design, requests), over_requests);
  found.name = task_score;
  return found;
}

std::optional<ScoreEffects> distance_effects(Plan const& plan, FactorialDesign const& design, DesignTerms const& terms,
                                             Distances const& distances) {
  if (distances.texts.empty()) return std::nullopt;
  auto const texts = columns_of(design, distances);
  if (texts.columns.empty()) return std::nullopt;
  double tokens = 0.0;
  for (double const count : texts.tokens) tokens += count;
  // Of a text's sums, so that the mean is over tokens, as it is where a round's own distance is told.
  Estimator const over_texts{.mean =
                                 [&](auto const& list) {
                                   double sum = 0.0;
                                   for (double const value : list) sum += value;
                                   return sum / tokens;
                                 },
                             .interval = [&](auto const& list) -> std::optional<Bounds> {
                               if (all_equal(list) && list[0] == 0.0) return std::nullopt;
                               return drawn_ratio_interval(list, texts.tokens, plan.experiment.protocol.seed);
                             }};
  auto found = as_differences(fitted(terms, texts.columns), together(plan, design, texts.columns), over_texts);
  found.name = kld_mean;
  found.unit = "nats";
  found.better = "lower";
  return found;
}

}  // namespace edgelab::stats
