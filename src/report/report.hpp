// Summary -> text. One function a format, each pure and in a file of its own.
#pragma once

#include <string>

#include "types/summary.hpp"

namespace edgelab::report {

[[nodiscard]] std::string render_json(Summary const& summary);       // summary.json
[[nodiscard]] std::string render_csv(Summary const& summary);        // summary.csv: one row a cell and metric
[[nodiscard]] std::string render_markdown(Summary const& summary, std::string const& environment_json);  // report.md
[[nodiscard]] std::string render_terminal(Summary const& summary, int columns);  // the table printed at the end of a run

}  // namespace edgelab::report
