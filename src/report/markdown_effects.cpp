// Techniques alone and together: what combining them gives beside what it would give were they independent.
#include <algorithm>
#include <cmath>
#include <format>

#include "core/text.hpp"
#include "report/markdown_sections.hpp"
#include "report/text_table.hpp"
#include "report/words.hpp"

namespace edgelab::report {

namespace {

std::string ratio_with_interval(double ratio, std::optional<Bounds> const& ci95) {
  RatioSummary shown;
  shown.ratio = ratio;
  shown.ci95 = ci95;
  return ratio_text(shown);
}

std::string times(double ratio) { return ratio_with_interval(ratio, std::nullopt); }

// What both together make of one another's effect. `better` tells in which direction a metric gains.
std::string word_for_interaction(double ratio, std::optional<Bounds> const& ci95, std::string_view better) {
  if (!ci95) return ratio == 1.0 ? "as if independent" : "";
  if ((*ci95)[0] <= 1.0 && (*ci95)[1] >= 1.0) return "no interaction found";
  return (ratio > 1.0) == (better == "higher") ? "**better together**" : "**worse together**";
}

std::vector<std::string> shown_metrics(Summary const& summary, EffectsSummary const& effects) {
  std::vector<std::string> names;
  for (auto const& group : groups_of(summary))
    if (group.model == effects.model && group.executor == effects.executor && group.workload == effects.workload)
      names = headline_metrics(group);
  std::erase_if(names, [&](std::string const& name) {
    return !std::ranges::contains(effects.metrics, name, &MetricEffects::name);
  });
  return names;
}

MetricEffects const& metric_of(EffectsSummary const& effects, std::string const& name) {
  return *std::ranges::find(effects.metrics, name, &MetricEffects::name);
}

// "`lookup` and `kv-q8` together give 1.91×; independent they would give 1.97×": of the combination that gains most.
std::string sentence(MetricEffects const& metric) {
  if (metric.combinations.empty()) return {};
  auto const gain = [&](CombinationSummary const& c) { return metric.better == "higher" ? c.measured : -c.measured; };
  auto const& best = *std::ranges::max_element(metric.combinations, {}, gain);
  std::vector<std::string> parts;
  for (auto const& part : best.parts) parts.push_back(code(part));
  auto const last = parts.back();
  parts.pop_back();
  auto const word = word_for_interaction(best.ratio, best.ci95, metric.better);
  return std::format(
      "By `{}`, {} and {} together give {}; independent they would give {}{}.\n\n", metric.name, join(parts, ", "),
      last, times(best.measured), times(best.predicted),
      word.empty() ? "" : std::format(": {} of that, {}", ratio_with_interval(best.ratio, best.ci95), word));
}

std::string combinations_table(EffectsSummary const& effects, std::vector<std::string> const& metrics) {
  TextTable table{.head = {"combination", "metric", "if independent", "measured", "measured / independent", ""},
                  .align = {Align::left, Align::left, Align::right, Align::right, Align::left, Align::left},
                  .rows = {}};
  for (auto const& name : metrics) {
    auto const& metric = metric_of(effects, name);
    for (auto const& c : metric.combinations)
      table.rows.push_back({code(c.round), code(name), times(c.predicted), times(c.measured),
                            ratio_with_interval(c.ratio, c.ci95),
                            word_for_interaction(c.ratio, c.ci95, metric.better)});
  }
  return table.rows.empty() ? std::string{} : to_markdown(table) + "\n";
}

// How a figure that adds up is written: points out of 100 of a score, nats a token of a distance.
struct Additive {
  std::string_view unit;          // in a sentence
  std::string_view of;            // what intervals are over
  bool more_is_better = true;
  std::string (*text)(double);
};

// Rounding leaves values around 0 that mean 0.
std::string nats_text(double value) { return std::abs(value) < 5e-7 ? "0" : std::format("{:+.3g}", value); }

Additive writing_of(ScoreEffects const& score) {
  bool const higher = score.better == "higher";
  return score.unit == "nats" ? Additive{"nats a token", "texts", higher, nats_text}
                              : Additive{"points out of 100", "requests", higher, points_text};
}

std::string with_interval(Additive const& as, double difference, std::optional<Bounds> const& ci95) {
  auto text = as.text(difference);
  if (ci95) text += std::format(" ({} to {})", as.text((*ci95)[0]), as.text((*ci95)[1]));
  return text;
}

// Without an interval none differs from another.
std::string word_for_difference(Additive const& as, double difference, std::optional<Bounds> const& ci95) {
  if (!ci95) return difference == 0.0 ? "as if independent" : "";
  if ((*ci95)[0] <= 0.0 && (*ci95)[1] >= 0.0) return "no interaction found";
  return (difference > 0.0) == as.more_is_better ? "**better together**" : "**worse together**";
}

// Of the combination that is furthest from what its parts give. Without a verdict: the largest of many has none of its own.
std::string sentence(Additive const& as, ScoreEffects const& score) {
  auto const furthest = std::ranges::max_element(score.combinations, {},
                                                 [](ScoreCombination const& c) { return std::abs(c.difference); });
  std::vector<std::string> parts;
  for (auto const& part : furthest->parts) parts.push_back(code(part));
  return std::format("By `{}`, in {}: {} together change it by {}; independent they would by {}.\n\n", score.name, as.unit,
                     join(parts, " and "), as.text(furthest->measured), as.text(furthest->predicted));
}

// What is right in the answers, and how far distributions are from the reference's: differences, which add up.
std::string score_text(ScoreEffects const& score) {
  auto const as = writing_of(score);
  std::string text;
  if (!score.combinations.empty()) {
    text += sentence(as, score);
    TextTable table{.head = {"combination", "if independent", "measured", "measured − independent", ""},
                    .align = {Align::left, Align::right, Align::right, Align::left, Align::left},
                    .rows = {}};
    for (auto const& c : score.combinations)
      table.rows.push_back({code(c.round), as.text(c.predicted), as.text(c.measured),
                            with_interval(as, c.difference, c.ci95), word_for_difference(as, c.difference, c.ci95)});
    text += to_markdown(table) + "\n";
  }
  TextTable table{.head = {"effect", "of", score.unit == "nats" ? "nats" : "points"},
                  .align = {Align::left, Align::left, Align::left},
                  .rows = {}};
  for (auto const& effect : score.effects)
    table.rows.push_back({code(effect.term), effect.term.contains(':') ? "both at once" : "the technique",
                          with_interval(as, effect.difference, effect.ci95)});
  return text + std::format(
                    "<details><summary>Effects on `{}`, by least squares over {} {}</summary>\n\n{}\n"
                    "</details>\n\n",
                    score.name, score.effects.empty() ? 0 : score.effects.front().n, as.of, to_markdown(table));
}

std::string alias_text(TermSummary const& term) {
  std::vector<std::string> parts;
  for (auto const& [name, weight] : term.aliases) {
    bool const whole = std::abs(std::abs(weight) - 1.0) < 1e-6;
    parts.push_back((weight < 0.0 ? "−" : "") + (whole ? "" : std::format("{:.2g} ", std::abs(weight))) + code(name));
  }
  return parts.empty() ? "nothing" : join(parts, ", ");
}

std::string effects_table(EffectsSummary const& effects, std::vector<std::string> const& metrics) {
  TextTable table{.head = {"effect", "of"}, .align = {Align::left, Align::left}, .rows = {}};
  bool const aliased =
      std::ranges::any_of(effects.terms, [](TermSummary const& term) { return !term.aliases.empty(); });
  for (auto const& name : metrics) {
    table.head.push_back(heading_for(name));
    table.align.push_back(Align::left);
  }
  if (aliased) {
    table.head.emplace_back("together with");
    table.align.push_back(Align::left);
  }
  for (std::size_t i = 0; i < effects.terms.size(); ++i) {
    auto const& term = effects.terms[i];
    std::vector<std::string> row{code(term.name), term.name.contains(':') ? "both at once" : "the technique"};
    for (auto const& name : metrics) {
      auto const& effect = metric_of(effects, name).effects[i];
      row.push_back(ratio_with_interval(effect.ratio, effect.ci95));
    }
    if (aliased) row.push_back(alias_text(term));
    table.rows.push_back(std::move(row));
  }
  return to_markdown(table) + "\n";
}

}  // namespace

std::string effects_section(Summary const& summary) {
  std::string text;
  for (auto const& effects : summary.effects) {
    auto const metrics = shown_metrics(summary, effects);
    std::string scores;
    if (metrics.empty() && effects.scores.empty()) continue;
    text += std::format("### {} on {}, workload {}\n\n", code(effects.model), code(effects.executor),
                        code(effects.workload));
    for (auto const& score : effects.scores) scores += score_text(score);
    if (metrics.empty()) {
      text += scores;
      continue;
    }
    text += sentence(metric_of(effects, metrics.front()));
    text += combinations_table(effects, {metrics.front()});
    if (auto const others = combinations_table(effects, {metrics.begin() + 1, metrics.end()}); !others.empty())
      text += std::format("<details><summary>The same for the other metrics</summary>\n\n{}</details>\n\n", others);
    text += std::format(
        "<details><summary>Effects, by least squares over {} rounds ({}), with a term for each "
        "block</summary>\n\n{}</details>\n\n",
        effects.rounds.size(), effects.design == "full" ? "every combination" : "a part of all combinations",
        effects_table(effects, metrics));
    text += scores;
  }
  if (text.empty()) return text;
  return "## Alone and together\n\n"
         "What techniques give together beside what they would give if they were independent: the product of what each "
         "gives alone, against the baseline. The effect of a technique is what it changes on average over the settings "
         "of the others; that of two at once is how much more or less the one gives where the other is on. Where "
         "combinations are missing, some effects cannot be told apart: then *together with* names what else is in a "
         "figure, and how much of it. Of how right the answers are it is differences that add up, not factors, and so it "
         "is of `kld_mean`, the distance from the reference's distributions: small errors that have nothing to do with "
         "one another add their distances, and what is measured beyond that sum is how much they go the same way. "
         "Intervals of these are over requests and over texts.\n\n" +
         text;
}

}  // namespace edgelab::report
