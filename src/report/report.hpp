// Summary -> text. One function a format, each pure and in a file of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "types/audit.hpp"
#include "types/summary.hpp"
#include "types/trial.hpp"

namespace edgelab::report {

[[nodiscard]] std::string render_json(Summary const& summary);       // summary.json, schema edge-llm-lab/summary/1
[[nodiscard]] std::string render_table_json(Summary const& summary);  // what render_terminal shows, for an app: edgelab.h
[[nodiscard]] std::string render_csv(Summary const& summary);        // summary.csv: one row a cell and metric
[[nodiscard]] std::string render_sustained_csv(
    Summary const& summary);   // sustained.csv: one row a trial of such a cell
[[nodiscard]] std::string render_markdown(Summary const& summary, std::string const& environment_json);  // report.md

// The table printed at the end of a run: no line is wider than `columns`; UTF-8. Columns that do not fit are left out,
// the least important first.
enum class Colours : std::uint8_t { no, yes };
[[nodiscard]] std::string render_terminal(Summary const& summary, int columns, Colours colours = Colours::no);

// What an audit found, for a terminal of that width and for people without one. UTF-8.
[[nodiscard]] std::string render_audit(Audit const& audit, int columns);

// A line of trials.jsonl, its newline not included: cell, block, kind, warmup, status, reason, started, wall_ms, metrics.
[[nodiscard]] std::string render_trial_line(std::string_view cell_id, TrialResult const& trial);

}  // namespace edgelab::report
