// The Pareto front: what is left to choose between.
#include <algorithm>
#include <format>

#include "core/text.hpp"
#include "report/markdown_sections.hpp"
#include "report/text_table.hpp"
#include "report/words.hpp"

namespace edgelab::report {

namespace {

std::string codes(std::vector<std::string> const& names) {
  std::vector<std::string> list;
  for (auto const& name : names) list.push_back(code(name));
  return join(list, ", ");
}

}  // namespace

std::string pareto_section(Summary const& summary) {
  if (summary.pareto.empty()) return {};
  std::string text =
      "## What is left to choose between\n\n"
      "A round is beaten where another is better in each of the figures for certain, or the same, and better in one. "
      "All others share the front. The percentage is in how many resamples of the blocks a round is on it by the means "
      "alone: near 100 % or 0 %, more blocks would say the same.\n\n";
  for (auto const& pareto : summary.pareto) {
    TextTable table{.head = {"round", "on the front", "probability", "beaten by"},
                    .align = {Align::left, Align::left, Align::right, Align::left},
                    .rows = {}};
    std::vector<std::string> front;
    for (auto const& member : pareto.members) {
      if (member.on_front) front.push_back(member.round);
      table.rows.push_back({code(member.round), member.on_front ? "yes" : "no",
                            std::format("{:.0f} %", member.probability * 100.0), codes(member.dominated_by)});
    }
    text +=
        std::format("### {} on {}, workload {}\n\n", code(pareto.model), code(pareto.executor), code(pareto.workload));
    text += std::format("By {}, {} of {} rounds are left: {}.\n\n{}\n", codes(pareto.metrics), front.size(),
                        pareto.members.size(), codes(front), to_markdown(table));
    if (!pareto.left_out.empty())
      text += std::format("Left out, for want of blocks or of one of the figures: {}.\n\n", codes(pareto.left_out));
  }
  return text;
}

}  // namespace edgelab::report
