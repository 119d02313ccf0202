// What an audit says, in sentences without a stop at their end. The same words in every report; plain text.
#pragma once

#include <string>
#include <vector>

#include "report/text_table.hpp"
#include "types/audit.hpp"
#include "types/summary.hpp"

namespace edgelab::report {

// "2 %"
[[nodiscard]] std::string percent(double share);

// The day it was made: "2026-01-31".
[[nodiscard]] std::string day_of(Audit const& audit);

// "llama (llama.cpp 0.7.0), demo-f16.gguf"
[[nodiscard]] std::string title_of(AuditedExecutor const& executor);

// Whether its reported times were found to be others than those at which things happened.
[[nodiscard]] bool is_defect(LiveCheck const& check);

// "2 % of decode tok/s is found in 14 blocks (1 min 05 s)": the smallest effect that a run of 30 blocks finds, else the
// smallest one that any does; empty without one.
[[nodiscard]] std::string sees(AuditedExecutor const& executor);

// What the same round gave against itself, and how many differences that found.
[[nodiscard]] std::string false_differences(NoiseFloor const& noise);

// What about the machine matters to measurements; where nothing does, that.
[[nodiscard]] std::vector<std::string> machine_words(MachineState const& state);

// Effects down, metrics across: how many blocks and how long.
[[nodiscard]] TextTable effort_table(NoiseFloor const& noise);
// Metrics down: against itself, spread from block to block, what would be found.
[[nodiscard]] TextTable noise_table(NoiseFloor const& noise);

// The line below the table in a terminal: the audit in short, that it does not apply, or how to get one.
[[nodiscard]] std::string audit_line(Summary const& summary);

}  // namespace edgelab::report
