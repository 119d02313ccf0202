// What was compared: the short answer, the tables, and every metric.
#include <algorithm>
#include <format>
#include <functional>

#include "core/text.hpp"
#include "report/markdown_sections.hpp"
#include "report/text_table.hpp"
#include "report/words.hpp"

namespace edgelab::report {

namespace {

constexpr char const* nothing = "–";

// "1.32× (1.28–1.36) **faster**"
std::string compared(CellSummary const& cell, std::vector<RatioSummary> const& ratios, std::string_view name) {
  auto const* ratio = find(ratios, name);
  auto const* metric = find(cell.metrics, name);
  if (ratio == nullptr || metric == nullptr) return nothing;
  auto const verdict = verdict_of(*ratio, metric->better);
  auto const word = word_for(verdict, name, metric->better);
  if (word.empty()) return ratio_text(*ratio);
  if (verdict == Verdict::no_difference && ratio->detectable)
    return std::format("{} {} (would see {})", ratio_text(*ratio), word, detectable_text(*ratio));
  bool const clear = verdict == Verdict::better || verdict == Verdict::worse;
  return std::format("{} {}", ratio_text(*ratio), clear ? std::format("**{}**", word) : std::string(word));
}

// Bytes carry their unit; of the others it stands in the head.
std::string mean_text(CellSummary const& cell, std::string_view name) {
  auto const* metric = find(cell.metrics, name);
  if (metric == nullptr) return nothing;
  return metric->unit == "B" ? quantity(metric->mean, "B") : number(metric->mean);
}

std::string trials_text(TrialCounts const& trials) {
  return trials.failed == 0 ? std::to_string(trials.ok) : std::format("{}, {} failed", trials.ok, trials.failed);
}

struct Named {
  std::string round;
  RatioSummary const* ratio = nullptr;
};

enum class Detectable : std::uint8_t { no, yes };

std::string list_of(std::vector<Named> const& rounds, Detectable detectable = Detectable::no) {
  std::vector<std::string> parts;
  for (auto const& [round, ratio] : rounds) {
    parts.push_back(std::format("{} {}", code(round), ratio_text(*ratio)));
    if (detectable == Detectable::yes && ratio->detectable && ratio->p.value_or(0.0) < 1.0)
      parts.back() += std::format(" (would see {})", detectable_text(*ratio));
  }
  return join(parts, ", ");
}

}  // namespace

std::string title_of(Group const& group) {
  return std::format("{} on {}, workload {}", code(group.model), code(group.executor), code(group.workload));
}

std::string short_section(Summary const& summary, Group const& group) {
  auto const headline = headline_metrics(group);
  std::string const name = headline.empty() ? "decode_tps" : headline.front();
  std::vector<Named> better;
  std::vector<Named> worse;
  std::vector<Named> open;          // no difference found
  std::vector<Named> doubtful;
  std::vector<Named> undecided;     // no interval
  std::vector<std::string> silent;
  for (auto const* cell : group.cells) {
    if (is_baseline(*cell) && cell->status == "ok") continue;
    auto const* ratio = find(cell->vs_baseline, name);
    auto const* metric = find(cell->metrics, name);
    if (ratio == nullptr || metric == nullptr) {
      silent.push_back(std::format("{} ({})", code(cell->round),
                                   cell->status == "ok" ? "no baseline to compare with" : cell->status));
      continue;
    }
    switch (verdict_of(*ratio, metric->better)) {
      case Verdict::better: better.push_back({cell->round, ratio}); break;
      case Verdict::worse: worse.push_back({cell->round, ratio}); break;
      case Verdict::doubtful: doubtful.push_back({cell->round, ratio}); break;
      case Verdict::same:
      case Verdict::no_difference: open.push_back({cell->round, ratio}); break;
      case Verdict::no_interval: undecided.push_back({cell->round, ratio}); break;
    }
  }
  auto const ratio_of = [](Named const& named) { return named.ratio->ratio; };
  std::ranges::stable_sort(better, std::ranges::greater{}, ratio_of);
  std::ranges::stable_sort(worse, std::ranges::less{}, ratio_of);

  std::string text = std::format("{}, by `{}` against {}:\n\n", title_of(group), name, code(summary.baseline));
  if (!better.empty()) text += std::format("- **faster**: {}\n", list_of(better));
  if (!worse.empty()) text += std::format("- **slower**: {}\n", list_of(worse));
  if (!doubtful.empty()) text += std::format("- in doubt, since so much was compared at once: {}\n", list_of(doubtful));
  if (!open.empty()) text += std::format("- no difference found: {}\n", list_of(open, Detectable::yes));
  if (!undecided.empty())
    text += std::format("- one block only, so no interval and no conclusion: {}\n", list_of(undecided));
  if (!silent.empty()) text += std::format("- no numbers: {}\n", join(silent, ", "));
  if (text.ends_with(":\n\n")) text += "- nothing to compare\n";
  for (auto const* cell : group.cells)
    if (auto const length = other_length(group, *cell))
      text += std::format(
          "- **{} answers** from {}: {} tokens a request in the mean, {} gives {}. Its times are taken at {}'s "
          "length; what it leaves out or adds is not in them\n",
          length->own < length->baseline ? "shorter" : "longer", code(cell->round), number(length->own),
          code(group.cells[0]->round), number(length->baseline), code(group.cells[0]->round));
  return text + "\n";
}

std::string comparison_section(Summary const& summary, Group const& group) {
  auto const metrics = headline_metrics(group);
  TextTable table;
  table.head = {"round", "category"};
  table.align = {Align::left, Align::left};
  for (auto const& name : metrics) {
    table.head.push_back(heading_for(name));
    table.head.emplace_back("against " + summary.baseline);
    table.align.push_back(Align::right);
    table.align.push_back(Align::left);
  }
  table.head.emplace_back("trials");
  table.align.push_back(Align::right);

  for (auto const* cell : group.cells) {
    std::vector<std::string> row{code(cell->round), escaped(cell->category)};
    for (auto const& name : metrics) {
      row.push_back(cell->status == "ok" ? mean_text(*cell, name) : nothing);
      row.push_back(compared(*cell, cell->vs_baseline, name));
    }
    if (is_baseline(*cell) && cell->status == "ok")
      for (std::size_t i = 3; i < row.size(); i += 2) row[i] = "reference";
    row.push_back(cell->status == "ok" ? trials_text(cell->trials) : cell->status);
    table.rows.push_back(std::move(row));
  }
  return std::format("### {}\n\n{}\n", title_of(group), to_markdown(table));
}

std::string versus_section(Group const& group) {
  auto const metrics = headline_metrics(group);
  TextTable table;
  table.head = {"round", "against"};
  table.align = {Align::left, Align::left};
  for (auto const& name : metrics) {
    table.head.push_back(heading_for(name));
    table.align.push_back(Align::left);
  }
  for (auto const* cell : group.cells)
    for (auto const& versus : cell->versus) {
      auto const other = versus.executor ? code(versus.round) + " on " + code(*versus.executor) : code(versus.round);
      std::vector<std::string> row{code(cell->round), other};
      for (auto const& name : metrics) row.push_back(compared(*cell, versus.ratios, name));
      table.rows.push_back(std::move(row));
    }
  if (table.rows.empty()) return {};
  return std::format("Also compared, as the experiment asks:\n\n{}\n", to_markdown(table));
}

std::string all_metrics_section(Group const& group) {
  TextTable table;
  table.head = {"metric", "unit", "better"};
  table.align = {Align::left, Align::left, Align::left};
  std::vector<MetricSummary const*> metrics;
  for (auto const* cell : group.cells) {
    if (cell->metrics.empty()) continue;
    table.head.push_back(code(cell->round));
    table.align.push_back(Align::right);
    for (auto const& metric : cell->metrics)
      if (!std::ranges::contains(metrics, metric.name, [](auto const* m) { return m->name; }))
        metrics.push_back(&metric);
  }
  if (metrics.empty()) return {};
  for (auto const* metric : metrics) {
    std::vector<std::string> row{code(metric->name), metric->unit, metric->better};
    for (auto const* cell : group.cells)
      if (!cell->metrics.empty()) row.push_back(mean_text(*cell, metric->name));
    table.rows.push_back(std::move(row));
  }
  return std::format("<details><summary>Every metric: means of {}</summary>\n\n{}\n</details>\n\n", title_of(group),
                     to_markdown(table));
}

}  // namespace edgelab::report
