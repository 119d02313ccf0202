// The sections of report.md. Each is Markdown that ends with an empty line, or nothing where there is nothing to say.
#pragma once

#include <string>

#include "report/groups.hpp"

namespace edgelab::report {

[[nodiscard]] std::string short_section(Summary const& summary, Group const& group);
[[nodiscard]] std::string comparison_section(Summary const& summary, Group const& group);
[[nodiscard]] std::string versus_section(Group const& group);
[[nodiscard]] std::string executors_section(Summary const& summary);
[[nodiscard]] std::string effects_section(Summary const& summary);
[[nodiscard]] std::string quality_section(Summary const& summary);
[[nodiscard]] std::string equivalence_section(Summary const& summary);
[[nodiscard]] std::string judge_section(Summary const& summary);
[[nodiscard]] std::string divergence_section(Summary const& summary);
[[nodiscard]] std::string pareto_section(Summary const& summary);
[[nodiscard]] std::string steadiness_section(Summary const& summary);
[[nodiscard]] std::string thermal_text(ThermalSummary const& thermal);    // a part of steadiness_section
[[nodiscard]] std::string sustained_section(Summary const& summary);
[[nodiscard]] std::string audit_section(Summary const& summary);
[[nodiscard]] std::string trouble_section(Summary const& summary);
[[nodiscard]] std::string flags_section(Group const& group);
[[nodiscard]] std::string all_metrics_section(Group const& group);
[[nodiscard]] std::string reading_section(Summary const& summary);
[[nodiscard]] std::string environment_section(std::string const& environment_json);

// "`demo` on `llama`, workload `extract`"
[[nodiscard]] std::string title_of(Group const& group);

}  // namespace edgelab::report
