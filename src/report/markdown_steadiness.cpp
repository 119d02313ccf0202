// What moved while it was measured: drift over blocks, single trials far off, and where two ways to an interval disagree.
#include <algorithm>
#include <format>

#include "core/text.hpp"
#include "report/markdown_sections.hpp"
#include "report/text_table.hpp"
#include "report/words.hpp"

namespace edgelab::report {

namespace {

// A cell's headline metrics.
template <typename Take>
void for_each_headline(Summary const& summary, Take const& take) {
  for (auto const& group : groups_of(summary)) {
    auto const metrics = headline_metrics(group);
    for (auto const* cell : group.cells)
      for (auto const& name : metrics) take(*cell, name);
  }
}

std::string drift_text(Summary const& summary) {
  int tested = 0;
  for_each_headline(summary, [&](CellSummary const& cell, std::string const& name) {
    if (auto const* metric = find(cell.metrics, name); metric != nullptr && metric->drift) ++tested;
    if (auto const* ratio = find(cell.vs_baseline, name); ratio != nullptr && ratio->drift) ++tested;
  });
  if (tested == 0) return {};

  TextTable table{.head = {"cell", "", "from the first block to the last", "p"},
                  .align = {Align::left, Align::left, Align::right, Align::right},
                  .rows = {}};
  bool ratios = false;
  auto const add = [&](CellSummary const& cell, std::string what, std::optional<DriftSummary> const& drift) {
    if (!drift || drift->p * tested > 0.05) return false;
    table.rows.push_back({code(cell.id), std::move(what), change_text(drift->change), std::format("{:.2g}", drift->p)});
    return true;
  };
  for_each_headline(summary, [&](CellSummary const& cell, std::string const& name) {
    if (auto const* metric = find(cell.metrics, name)) add(cell, code(name), metric->drift);
    if (auto const* ratio = find(cell.vs_baseline, name))
      ratios = add(cell, code(name) + " against " + code(summary.baseline), ratio->drift) || ratios;
  });
  if (table.rows.empty())
    return std::format(
        "No drift over the blocks was found in {} tests (Mann–Kendall, 5 % over all of them together).\n\n", tested);
  return std::format(
      "Drift over the blocks was found in {} of {} tests (Mann–Kendall, 5 % over all of them together). {}\n\n{}\n",
      table.rows.size(), tested,
      ratios ? "Where a ratio drifts, something changed that blocks do not cancel: its figure is a mean over what it "
               "went through."
             : "The ratios did not drift: what changed touched both sides alike.",
      to_markdown(table));
}

std::string outlier_text(Summary const& summary) {
  TextTable table{.head = {"cell", "", "block", "value", "median"},
                  .align = {Align::left, Align::left, Align::right, Align::right, Align::right},
                  .rows = {}};
  for_each_headline(summary, [&](CellSummary const& cell, std::string const& name) {
    auto const* metric = find(cell.metrics, name);
    if (metric == nullptr) return;
    for (auto const& outlier : metric->outliers)
      table.rows.push_back({code(cell.id), code(name), std::to_string(outlier.block + 1),
                            quantity(outlier.value, metric->unit), quantity(metric->median, metric->unit)});
  });
  if (table.rows.empty()) return {};
  return std::format(
      "{} far from the others, by more than five standard deviations of the rest. None was dropped: they are in every "
      "figure above.\n\n{}\n",
      table.rows.size() == 1 ? "One value is" : std::format("{} values are", table.rows.size()), to_markdown(table));
}

std::string disagreement_text(Summary const& summary) {
  auto const leaves_out_1 = [](Bounds const& bounds) { return bounds[0] > 1.0 || bounds[1] < 1.0; };
  std::vector<std::string> found;
  for_each_headline(summary, [&](CellSummary const& cell, std::string const& name) {
    auto const* ratio = find(cell.vs_baseline, name);
    if (ratio == nullptr || !ratio->ci95 || !ratio->ci95_bootstrap) return;
    if (leaves_out_1(*ratio->ci95) == leaves_out_1(*ratio->ci95_bootstrap)) return;
    RatioSummary by_bootstrap = *ratio;
    by_bootstrap.ci95 = ratio->ci95_bootstrap;
    found.push_back(std::format("{} of {}, {} by the bootstrap", code(name), code(cell.id), ratio_text(by_bootstrap)));
  });
  if (found.empty()) return {};
  return std::format(
      "Student's t and the bootstrap disagree about whether there is a difference, so take these with "
      "care: {}.\n\n",
      join(found, "; "));
}

}  // namespace

std::string steadiness_section(Summary const& summary) {
  auto const text =
      drift_text(summary) + outlier_text(summary) + disagreement_text(summary) + thermal_text(summary.thermal);
  return text.empty() ? text : "## How steady it was\n\n" + text;
}

}  // namespace edgelab::report
