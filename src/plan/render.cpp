// A plan as people read it.
#include <algorithm>
#include <format>

#include "core/text.hpp"
#include "plan/plan.hpp"

namespace edgelab::plan {

namespace {

std::string flags_text(Flags const& flags) {
  std::vector<std::string> parts;
  for (auto const& [name, value] : flags) parts.push_back(std::format("{}={}", name, value));
  return parts.empty() ? "(defaults)" : join(parts, " ");
}

std::string count_text(std::size_t count, std::string_view noun) {
  return std::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

std::string render(Plan const& plan) {
  auto const& experiment = plan.experiment;
  auto const& protocol = experiment.protocol;
  std::size_t width = 4;
  std::size_t category_width = 8;
  for (auto const& cell : plan.cells) {
    width = std::max(width, cell.id.size());
    category_width = std::max(category_width, experiment.rounds[cell.round].category.size());
  }
  auto const refused = static_cast<std::size_t>(
      std::ranges::count_if(plan.cells, [](Cell const& cell) { return cell.refused.has_value(); }));

  auto text = std::format("{}: {}\n\n", experiment.name, count_text(plan.cells.size(), "cell"));
  text += std::format("{:<{}}  {:<{}}  {}\n", "cell", width, "category", category_width, "flags");
  for (auto const& cell : plan.cells) {
    auto const& round = experiment.rounds[cell.round];
    text += std::format("{:<{}}  {:<{}}  {}\n", cell.id, width, round.category, category_width, flags_text(round.flags));
    if (cell.refused) text += std::format("{:<{}}  unsupported: {}\n", "", width, *cell.refused);
  }

  text += std::format("\nOrder of the first block (seed {}):\n", protocol.seed);
  for (auto const& trial : block_trials(plan, TrialKind::timed, 0)) {
    text += std::format("{:>5}  {}\n", trial.position + 1, plan.cells[trial.cell].id);
  }

  auto const estimate = estimate_time(plan, {});
  text += std::format("\n{} and {} to {} timed blocks of {}", count_text(static_cast<std::size_t>(protocol.warmup), "warm-up"),
                      protocol.until_metric ? protocol.min_blocks : protocol.max_blocks, protocol.max_blocks,
                      count_text(plan.cells.size() - refused, "trial"));
  if (protocol.until_metric) {
    text += std::format(", until {} is known within {:.3g}%", *protocol.until_metric, protocol.ci95_within * 100.0);
  }
  if (protocol.time_budget_s) text += std::format(", time budget {}", format_duration(*protocol.time_budget_s));
  text += std::format("\nTime: from {} to {}, if a trial takes {}; slow models take longer.\n",
                      format_duration(estimate.at_least_s), format_duration(estimate.at_most_s),
                      format_duration(protocol.trial_min_s));
  return text;
}

}  // namespace edgelab::plan
