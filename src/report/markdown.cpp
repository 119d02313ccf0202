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
      "difference all the same: one as large as the percentage beside it would have been found four times in five.\n"
      "- A ratio without an interval comes from a single block, or a single memory trial: nothing follows from it by "
      "itself.\n"
      "- Every block runs each cell once in a random order, and ratios are taken inside a block, so that heat and other "
      "load touch both sides alike. Warm-up trials and failed ones are in no number.\n",
      code(summary.baseline));
  if (summary.t_level > 0.95)
    text += std::format(
        "- The run was allowed to stop as soon as its intervals were narrow, which happens more often where they are "
        "narrow by chance. The intervals make up for that: they are computed at {:.1f} % and hold the truth 95 times in "
        "100.\n",
        summary.t_level * 100.0);
  if (int const count = summary.false_discoveries.comparisons; count > 1)
    text += std::format(
        "- The tables above hold {} comparisons, and were they each judged alone, about {:.{}f} of them would seem to "
        "differ if nothing did. So they were held against one another (Benjamini–Hochberg over these {}): of what is "
        "called faster, slower, smaller or larger, no more than 5 % is chance, on average. **In doubt** is what its own "
        "interval would have called a difference, and this does not.\n",
        count, count * 0.05, count < 20 ? 1 : 0, count);
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
  text += executors_section(summary);
  text += effects_section(summary);
  text += quality_section(summary) + judge_section(summary) + equivalence_section(summary) + divergence_section(summary);
  text += pareto_section(summary);
  text += steadiness_section(summary);
  text += sustained_section(summary);
  text += audit_section(summary);
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
