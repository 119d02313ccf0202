// What a judge thinks of the answers, apart from what can be held against a right one.
#include <algorithm>
#include <format>

#include "report/markdown_sections.hpp"
#include "report/text_table.hpp"
#include "report/words.hpp"

namespace edgelab::report {

namespace {

constexpr char const* nothing = "–";

std::string with_interval(std::string value, std::optional<Bounds> const& ci95, std::string_view format) {
  if (!ci95) return value;
  return value + std::vformat(format, std::make_format_args((*ci95)[0], (*ci95)[1]));
}

std::string table_of(std::vector<JudgeSummary const*> const& rows) {
  TextTable table{.head = {"round", "requests", "grade", "against", "difference", "answers without a grade"},
                  .align = {Align::left, Align::right, Align::left, Align::left, Align::left, Align::right},
                  .rows = {}};
  for (auto const* row : rows) {
    auto const difference = row->difference ? with_interval(std::format("{:+.2f}", *row->difference + 0.0),
                                                            row->difference_ci95, " ({:+.2f} to {:+.2f})")
                                            : nothing;
    table.rows.push_back({code(row->round), std::to_string(row->requests),
                          with_interval(std::format("{:.2f}", row->grade), row->ci95, " ({:.2f}–{:.2f})"),
                          row->difference ? code(row->reference) : nothing, difference, std::to_string(row->ungraded)});
  }
  return to_markdown(table);
}

bool differs(JudgeSummary const& row) {
  return row.difference_ci95 && ((*row.difference_ci95)[0] > 0.0 || (*row.difference_ci95)[1] < 0.0);
}

}  // namespace

std::string judge_section(Summary const& summary) {
  if (summary.judge.empty()) return {};
  auto const& first = summary.judge.front();
  std::string text = std::format(
      "## What a judge says\n\n"
      "Grades from {} to {} that the model {} gave by the experiment's rubric, in the mean over requests; intervals are over "
      "requests. They are one model's opinion, so they are kept apart from the scores above and are in no front.\n\n",
      first.lowest, first.highest, code(first.judge));
  std::vector<std::vector<JudgeSummary const*>> tables;
  for (auto const& row : summary.judge) {
    auto const same = std::ranges::find_if(tables, [&](auto const& table) {
      return table[0]->model == row.model && table[0]->executor == row.executor && table[0]->workload == row.workload;
    });
    (same == tables.end() ? tables.emplace_back() : *same).push_back(&row);
  }
  for (auto const& rows : tables) {
    text += std::format("### {} on {}, workload {}\n\n", code(rows[0]->model), code(rows[0]->executor),
                        code(rows[0]->workload));
    bool compared = false;
    bool any = false;
    for (auto const* row : rows) {
      compared = compared || row->difference.has_value();
      if (!differs(*row)) continue;
      any = true;
      text += std::format("{} is graded **{}** than {}.\n", code(row->round),
                          *row->difference > 0.0 ? "higher" : "lower", code(row->reference));
    }
    if (compared && !any) text += "No round was found to be graded higher or lower than the reference.\n";
    if (compared) text += "\n";
    text += table_of(rows) + "\n";
    for (auto const* row : rows)
      if (row->ungraded > 0)
        text += std::format("- {}: {} without a grade, the first since {}\n", code(row->round),
                            row->ungraded == 1 ? "one answer is" : std::format("{} answers are", row->ungraded),
                            escaped(row->first_error));
    if (text.ends_with("\n") && !text.ends_with("\n\n")) text += "\n";
  }
  return text;
}

}  // namespace edgelab::report
