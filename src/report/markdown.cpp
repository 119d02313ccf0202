#include <algorithm>
#include <format>

#include "core/text.hpp"
#include "report/json_rows.hpp"
#include "report/markdown_sections.hpp"
#include "report/report.hpp"
#include "report/text_table.hpp"
#include "report/words.hpp"

namespace edgelab::report {

namespace {

// "AMD Ryzen 7, 8 cores, 15.6 GiB, Debian GNU/Linux 14 (forky), Linux 6.12": of these, what was recorded.
std::string machine(std::string const& environment_json) {
  auto const rows = json_rows(environment_json);
  std::vector<std::string> parts;
  auto const add = [&](std::string_view key, std::string_view after) {
    auto const found = std::ranges::find(rows, key, &JsonRow::key);
    if (found != rows.end()) parts.push_back(escaped(found->value) + std::string(after));
  };
  add("cpu.model", "");
  add("cpu.physical_cores", " cores");
  add("memory.total_bytes", "");
  add("os.name", "");
  add("os.kernel", "");
  return join(parts, ", ");
}

std::string head(Summary const& summary, std::string const& environment_json) {
  auto const cells = summary.cells.size();
  auto const plural = [](std::size_t n, std::string_view word) {
    return std::format("{} {}{}", n, word, n == 1 ? "" : "s");
  };
  TextTable table{.head = {"", ""}, .align = {Align::left, Align::left}, .rows = {}};
  auto const row = [&](std::string key, std::string value) {
    if (!value.empty()) table.rows.push_back({std::move(key), std::move(value)});
  };
  row("measured", std::format("{} in {}, seed {}", plural(cells, "cell"),
                              plural(static_cast<std::size_t>(std::max(summary.blocks, 0)), "block"), summary.seed));
  row("stopped because", escaped(summary.stopped_because));
  row("compared with", code(summary.baseline));
  row("started", escaped(summary.started));
  row("ended", escaped(summary.ended));
  row("machine", machine(environment_json));
  return std::format("# {}\n\n{}\n", escaped(summary.experiment), to_markdown(table));
}

// Comparisons that the tables draw a conclusion from.
int comparisons(Summary const& summary) {
  int count = 0;
  for (auto const& group : groups_of(summary)) {
    auto const metrics = headline_metrics(group);
    auto const in = [&](std::vector<RatioSummary> const& ratios) {
      return static_cast<int>(std::ranges::count_if(
          ratios, [&](RatioSummary const& ratio) { return ratio.ci95 && std::ranges::contains(metrics, ratio.name); }));
    };
    for (auto const* cell : group.cells) {
      count += in(cell->vs_baseline);
      for (auto const& versus : cell->versus) count += in(versus.ratios);
    }
  }
  return count;
}

}  // namespace

std::string reading_section(Summary const& summary) {
  std::string text = std::format(
      "## How to read this\n\n"
      "- **decode tok/s** is how fast text appears once it has begun; **first token ms** is the wait before that; "
      "**whole answer ms** is the time to an answer as long as the baseline's, so that stopping early is no win; "
      "**all requests tok/s**, where it stands, is what all requests together get; **peak memory** is the largest "
      "resident set of the process that runs the model, measured in a fresh process.\n"
      "- **1.32× (1.28–1.36)** means 1.32 times the value of {}, and that the true ratio lies between 1.28 and 1.36, with "
      "95 % confidence. Of a speed, more than 1 is faster; of a time, less than 1 is faster. The word beside it says which.\n"
      "- **no difference found**: the interval contains 1, so these trials cannot tell the two apart. There may be a "
      "difference smaller than the interval is wide.\n"
      "- A ratio without an interval comes from a single block, or a single memory trial: nothing follows from it by "
      "itself.\n"
      "- Every block runs each cell once in a random order, and ratios are taken inside a block, so that heat and other "
      "load touch both sides alike. Warm-up trials and failed ones are in no number.\n",
      code(summary.baseline));
  if (int const count = comparisons(summary); count > 1)
    text += std::format(
        "- The tables above hold {} comparisons, each with a 95 % interval of its own. If nothing differed at all, about "
        "{:.{}f} of them would still seem to: a small difference in one place deserves a second run.\n",
        count, count * 0.05, count < 20 ? 1 : 0);
  text +=
      "- `summary.csv` and `summary.json` hold every metric with its interval, `results.db` every trial with its raw "
      "timeline; docs/METRICS.md says how each metric is computed.\n";
  return text + "\n";
}

std::string render_markdown(Summary const& summary, std::string const& environment_json) {
  auto const groups = groups_of(summary);
  std::string text = head(summary, environment_json);
  text += "## In short\n\n";
  for (auto const& group : groups) text += short_section(summary, group);
  text += "## Compared\n\n";
  for (auto const& group : groups) text += comparison_section(summary, group) + versus_section(group);
  text += trouble_section(summary);
  text += reading_section(summary);
  text += "## Flags\n\nWhat each round asked for, and what the executor says was in force.\n\n";
  for (auto const& group : groups) text += flags_section(group);
  text += "## Every metric\n\n";
  for (auto const& group : groups) text += all_metrics_section(group);
  text += environment_section(environment_json);
  return text;
}

}  // namespace edgelab::report
