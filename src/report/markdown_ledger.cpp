// What stood behind the numbers: failures, flags and the machine.
#include <algorithm>
#include <format>

#include "report/json_rows.hpp"
#include "report/markdown_sections.hpp"
#include "report/text_table.hpp"
#include "report/words.hpp"
#include "types/ledger.hpp"

namespace edgelab::report {

namespace {

constexpr char const* nothing = "–";

std::string value_in(Flags const& flags, std::string const& name) {
  auto const found = flags.find(name);
  return found == flags.end() ? nothing : code(found->second);
}

// Which path a model's name stands for is not known here; who ran the trial has looked.
bool contradicts(Flags const& asked, Flags const& in_force, std::string const& name) {
  auto const wanted = asked.find(name);
  return wanted != asked.end() && !ledger::names_a_model(name) && !ledger::taken(name, wanted->second, in_force);
}

bool same_value(Flags const& a, Flags const& b, std::string const& name) {
  auto const left = a.find(name);
  auto const right = b.find(name);
  if (left == a.end() || right == b.end()) return (left == a.end()) == (right == b.end());
  return left->second == right->second;
}

// Flags that a round asks for, then those that nobody asked for and that differ from the baseline all the same.
std::vector<std::string> flags_to_show(CellSummary const& cell, Flags const& baseline) {
  std::vector<std::string> names;
  for (auto const& [name, value] : cell.flags.asked) names.push_back(name);
  for (auto const& [name, value] : cell.flags.in_force)
    if (!cell.flags.asked.contains(name) && !same_value(cell.flags.in_force, baseline, name)) names.push_back(name);
  return names;
}

}  // namespace

std::string trouble_section(Summary const& summary) {
  TextTable table{.head = {"cell", "status", "trials", "reason"},
                  .align = {Align::left, Align::left, Align::left, Align::left},
                  .rows = {}};
  for (auto const& cell : summary.cells) {
    if (cell.status == "ok" && cell.reason.empty()) continue;
    table.rows.push_back({code(cell.id), cell.status == "ok" ? "ok beside failures" : cell.status,
                          std::format("{} ok, {} failed", cell.trials.ok, cell.trials.failed), escaped(cell.reason)});
  }
  if (table.rows.empty()) return {};
  return std::format(
      "## What failed or could not run\n\n"
      "A failed trial is in no mean. `unsupported` means that the executor cannot express the round's flags: nothing "
      "else was measured in its place.\n\n{}\n",
      to_markdown(table));
}

std::string flags_section(Group const& group) {
  static Flags const none;
  auto const baseline = std::ranges::find_if(group.cells, [](CellSummary const* cell) { return is_baseline(*cell); });
  Flags const& reference = baseline == group.cells.end() ? none : (*baseline)->flags.in_force;

  TextTable table{.head = {"round", "flag", "asked for", "in force", "in the baseline"},
                  .align = {Align::left, Align::left, Align::left, Align::left, Align::left},
                  .rows = {}};
  for (auto const* cell : group.cells) {
    if (is_baseline(*cell)) continue;
    for (auto const& name : flags_to_show(*cell, cell->flags.in_force.empty() ? none : reference)) {
      auto in_force = value_in(cell->flags.in_force, name);
      if (contradicts(cell->flags.asked, cell->flags.in_force, name)) in_force += " **differs**";
      table.rows.push_back(
          {code(cell->round), code(name), value_in(cell->flags.asked, name), in_force, value_in(reference, name)});
    }
  }
  std::string text;
  if (std::ranges::any_of(group.cells, [](auto const* cell) { return ledger::is_emulated(cell->flags.in_force); }))
    text += std::format("{} was run by an emulator: what depends on time would be no machine's, so no such metric is computed.\n\n",
                        title_of(group));
  if (!table.rows.empty()) text += std::format("### {}\n\n{}\n", title_of(group), to_markdown(table));

  TextTable all{.head = {"flag", "in force"}, .align = {Align::left, Align::left}, .rows = {}};
  for (auto const& [name, value] : reference) all.rows.push_back({code(name), code(value)});
  if (!all.rows.empty())
    text += std::format("<details><summary>Every flag in force in the baseline of {}</summary>\n\n{}\n</details>\n\n",
                        title_of(group), to_markdown(all));
  return text;
}

std::string environment_section(std::string const& environment_json) {
  auto const rows = json_rows(environment_json);
  if (rows.empty()) return "## Environment\n\nNot recorded.\n";
  TextTable table{.head = {"", ""}, .align = {Align::left, Align::left}, .rows = {}};
  for (auto const& row : rows) table.rows.push_back({escaped(row.key), escaped(row.value)});
  return "## Environment\n\n" + to_markdown(table);
}

}  // namespace edgelab::report
