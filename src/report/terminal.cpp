#include <algorithm>
#include <format>

#include "core/text.hpp"
#include "report/audit_words.hpp"
#include "report/groups.hpp"
#include "report/report.hpp"
#include "report/text_table.hpp"
#include "report/words.hpp"

namespace edgelab::report {

namespace {

constexpr std::size_t gap = 2;               // between columns
constexpr std::size_t narrowest_name = 20;   // of a round, before columns are left out
constexpr std::size_t longest_name = 40;
constexpr std::size_t longest_line = 1000;   // before it is broken into lines
constexpr std::string_view nothing = "–";

enum class Tone : std::uint8_t { plain, good, bad, quiet };

struct Entry {
  std::string text;
  Tone tone = Tone::plain;
};

using Row = std::vector<Entry>;    // one entry alone is a heading across all columns

// A table with a tone for each entry. The first column gives way when space is short.
struct Grid {
  std::vector<std::string> head;
  std::vector<Align> align;
  std::vector<Row> rows;
  std::size_t together = 2;       // columns after the first that belong together: a value and its ratio
};

std::string coloured(std::string text, Tone tone, Colours colours) {
  if (colours == Colours::no || tone == Tone::plain) return text;
  char const* code = tone == Tone::good ? "32" : tone == Tone::bad ? "31" : "2";
  return std::format("\x1b[{}m{}\x1b[0m", code, text);
}

Entry compared(CellSummary const& cell, std::vector<RatioSummary> const& ratios, std::string_view name) {
  auto const* ratio = find(ratios, name);
  auto const* metric = find(cell.metrics, name);
  if (ratio == nullptr || metric == nullptr) return {std::string(nothing), Tone::quiet};
  auto const verdict = verdict_of(*ratio, metric->better);
  auto const word = word_for(verdict, name, metric->better);
  auto const tone = verdict == Verdict::better ? Tone::good : verdict == Verdict::worse ? Tone::bad : Tone::quiet;
  // The verdicts that are long and frequent have signs here, which the last line explains.
  std::string sign(word);
  if (verdict == Verdict::no_difference) sign = ratio->detectable ? "≈ " + detectable_text(*ratio) : "≈";
  if (verdict == Verdict::doubtful) sign = "?";
  return {sign.empty() ? ratio_text(*ratio) : std::format("{} {}", ratio_text(*ratio), sign), tone};
}

Entry mean(CellSummary const& cell, std::string_view name) {
  auto const* metric = find(cell.metrics, name);
  if (metric == nullptr) return {std::string(nothing), Tone::quiet};
  return {metric->unit == "B" ? quantity(metric->mean, "B") : number(metric->mean), Tone::plain};
}

std::vector<std::size_t> widths_of(Grid const& grid) {
  std::vector<std::size_t> widths;
  for (auto const& title : grid.head) widths.push_back(width_of(title));
  for (auto const& row : grid.rows) {
    if (row.size() == 1 && widths.size() > 1) continue;
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i].text));
  }
  return widths;
}

std::size_t total(std::vector<std::size_t> const& widths) {
  std::size_t sum = 0;
  for (auto const width : widths) sum += width + gap;
  return sum - gap;
}

void drop_column(Grid& grid, std::size_t column) {
  auto const at = [&](auto& list) { return list.begin() + static_cast<std::ptrdiff_t>(column); };
  grid.head.erase(at(grid.head));
  grid.align.erase(at(grid.align));
  for (auto& row : grid.rows)
    if (row.size() > 1) row.erase(at(row));
}

// Takes columns off the end, a value with its ratio, until the rest fits with the first column at its narrowest. Of the
// last such pair the ratio stays longer, under the metric's name.
void fit(Grid& grid, std::size_t columns) {
  auto const too_wide = [&] {
    auto widths = widths_of(grid);
    widths[0] = std::min(widths[0], narrowest_name);
    return total(widths) > columns;
  };
  if (grid.together == 1) {
    while (grid.head.size() > 1 && too_wide()) drop_column(grid, grid.head.size() - 1);
    return;
  }
  while (grid.head.size() > 3 && too_wide()) {
    drop_column(grid, grid.head.size() - 1);
    drop_column(grid, grid.head.size() - 1);
  }
  if (grid.head.size() == 3 && too_wide()) {
    std::swap(grid.head[1], grid.head[2]);
    drop_column(grid, 1);
  }
  if (grid.head.size() == 2 && too_wide()) drop_column(grid, 1);
}

std::string to_text(Grid grid, std::size_t columns, Colours colours) {
  fit(grid, columns);
  auto widths = widths_of(grid);
  if (auto const all = total(widths); all > columns) widths[0] -= std::min(widths[0], all - columns);

  std::string text;
  auto const line = [&](auto const& entry_at) {
    std::string shown;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      Entry const entry = entry_at(i);
      bool const last = i + 1 == widths.size() && grid.align[i] == Align::left;
      auto const cell = padded(shortened(entry.text, widths[i]), last ? 0 : widths[i], grid.align[i]);
      shown += (i == 0 ? "" : std::string(gap, ' ')) + coloured(cell, entry.tone, colours);
    }
    text += shown + "\n";
  };
  line([&](std::size_t i) { return Entry{grid.head[i], Tone::quiet}; });
  for (auto const& row : grid.rows) {
    if (row.size() > 1 || widths.size() == 1)
      line([&](std::size_t i) { return row[i]; });
    else
      text += coloured(shortened(row[0].text, columns), row[0].tone, colours) + "\n";
  }
  return text;
}

Grid grid_of(Summary const& summary, Group const& group) {
  auto const metrics = headline_metrics(group);
  Grid grid;
  grid.head = {"round"};
  grid.align = {Align::left};
  for (auto const& name : metrics) {
    grid.head.push_back(heading_for(name));
    grid.head.push_back("against " + summary.baseline);
    grid.align.push_back(Align::right);
    grid.align.push_back(Align::left);
  }
  std::string category = "baseline";
  for (auto const* cell : group.cells) {
    if (cell->status != "ok") continue;
    if (cell->category != category) grid.rows.push_back({{one_line(cell->category, longest_line), Tone::quiet}});
    category = cell->category;
    Row row{{(is_baseline(*cell) ? "" : "  ") + one_line(cell->round, longest_name), Tone::plain}};
    for (auto const& name : metrics) {
      row.push_back(mean(*cell, name));
      row.push_back(is_baseline(*cell) ? Entry{"reference", Tone::quiet} : compared(*cell, cell->vs_baseline, name));
    }
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

// Each round against itself on another executor, where the experiment asks for that: a grid for each.
std::vector<Grid> grids_against_executors(Group const& group) {
  auto const metrics = headline_metrics(group);
  std::vector<std::pair<std::string, Grid>> found;
  for (auto const* cell : group.cells) {
    if (cell->status != "ok") continue;
    for (auto const& versus : cell->versus) {
      if (!versus.executor) continue;
      auto grid = std::ranges::find(found, *versus.executor, &std::pair<std::string, Grid>::first);
      if (grid == found.end()) {
        grid = found.insert(found.end(), {*versus.executor, {.head = {"against " + *versus.executor}, .align = {Align::left}, .rows = {}, .together = 1}});
        for (auto const& name : metrics) {
          grid->second.head.push_back(heading_for(name));
          grid->second.align.push_back(Align::left);
        }
      }
      Row row{{one_line(cell->round, longest_name), Tone::plain}};
      for (auto const& name : metrics) row.push_back(compared(*cell, versus.ratios, name));
      grid->second.rows.push_back(std::move(row));
    }
  }
  std::vector<Grid> grids;
  for (auto& [executor, grid] : found) grids.push_back(std::move(grid));
  return grids;
}

// Cells without numbers, failures beside numbers, answers of another length: a line each.
std::string troubles(Group const& group, std::size_t columns, Colours colours) {
  std::string text;
  for (auto const* cell : group.cells) {
    if (auto const length = other_length(group, *cell)) {
      auto const line = std::format("{}: note: {} answers: {} tokens a request, {} gives {}", cell->round,
                                    length->own < length->baseline ? "shorter" : "longer", number(length->own),
                                    group.cells[0]->round, number(length->baseline));
      text += coloured(one_line(line, columns), Tone::quiet, colours) + "\n";
    }
    if (cell->status == "ok" && cell->reason.empty()) continue;
    auto const what = cell->status == "ok" ? std::string("note") : cell->status;
    auto const line = one_line(std::format("{}: {}: {}", cell->round, what, cell->reason), columns);
    text +=
        coloured(line, cell->status == "ok" || cell->status == "unsupported" ? Tone::quiet : Tone::bad, colours) + "\n";
  }
  return text;
}

// Beside speed: how far from the reference, and whether output is the reference's. A line each.
std::string qualities(Summary const& summary, Group const& group, std::size_t columns, Colours colours) {
  auto const is_its = [&](auto const& row) {
    return row.model == group.model && row.executor == group.executor && row.workload == group.workload;
  };
  std::string text;
  for (auto const& row : summary.divergence) {
    if (!is_its(row) || row.shape != "prefill") continue;
    auto const line =
        row.status == "ok"
            ? std::format("{}: KLD {:.3g} nats a token, likeliest token the same at {:.2f} %, perplexity ×{:.4f}",
                          row.round, row.kld_mean, row.top1_agreement * 100.0, row.ppl_ratio)
            : std::format("{}: KLD {}: {}", row.round, row.status, row.reason);
    text += one_line(line, columns) + "\n";
  }
  for (auto const& row : summary.equivalence) {
    if (!is_its(row) || (row.verdict != "real" && row.verdict != "suspicious")) continue;
    auto const line = row.verdict == "real"
                          ? std::format("{}: the answers to {} of {} requests are not the model's own", row.round,
                                        row.real, row.requests)
                          : std::format("{}: {} of {} requests part from {} at near-ties: too many", row.round,
                                        row.near_ties, row.requests, row.reference);
    text += coloured(one_line(line, columns), Tone::bad, colours) + "\n";
  }
  return text;
}

bool says(Verdict verdict, Summary const& summary) {
  return std::ranges::any_of(summary.cells, [&](CellSummary const& cell) {
    return std::ranges::any_of(cell.vs_baseline,
                               [&](RatioSummary const& ratio) { return verdict_of(ratio, "higher") == verdict; });
  });
}

// Breaks a paragraph into lines.
std::string wrapped(std::string_view paragraph, std::size_t columns) {
  std::string text;
  std::string line;
  for (auto const& word : split(paragraph, ' ')) {
    if (!line.empty() && width_of(line) + 1 + width_of(word) > columns) {
      text += line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + shortened(word, columns);
  }
  return text + line + "\n";
}

}  // namespace

std::string render_terminal(Summary const& summary, int columns, Colours colours) {
  auto const width = static_cast<std::size_t>(std::max(columns, 20));
  auto const head = std::format("{}: {} block{}, seed {}, stopped because: {}", summary.experiment, summary.blocks,
                                summary.blocks == 1 ? "" : "s", summary.seed, summary.stopped_because);
  std::string text = "\n" + wrapped(one_line(head, longest_line), width);
  for (auto const& group : groups_of(summary)) {
    auto const title = std::format("{} on {}, workload {}", group.model, group.executor, group.workload);
    text += "\n" + one_line(title, width) + "\n";
    auto const grid = grid_of(summary, group);
    if (!grid.rows.empty()) text += to_text(grid, width, colours);
    for (auto const& against : grids_against_executors(group)) text += to_text(against, width, colours);
    text += troubles(group, width, colours);
    text += qualities(summary, group, width, colours);
  }
  std::string reading = "Ratios are means over blocks with their 95 % interval";
  if (summary.blocks < 2) {
    reading = "One block gives no interval, so there is no conclusion to draw";
  } else {
    if (says(Verdict::no_difference, summary))
      reading += "; ≈ 4 % means no difference found, where one of 4 % would have been, four times in five";
    if (says(Verdict::doubtful, summary)) reading += "; ? means in doubt, among so many comparisons";
  }
  return text + "\n" + wrapped(reading + ".", width) + wrapped(one_line(audit_line(summary), longest_line), width);
}

}  // namespace edgelab::report
