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

// "3 timed blocks", "10 to 30 timed blocks"
std::string blocks_text(Protocol const& protocol) {
  auto const least = protocol.until_metric ? protocol.min_blocks : protocol.max_blocks;
  auto const most = count_text(static_cast<std::size_t>(protocol.max_blocks), "timed block");
  return least == protocol.max_blocks ? most : std::format("{} to {}", least, most);
}

// With the cells that executors cannot run refused.
Plan without(Plan plan, std::span<std::optional<std::string> const> unsupported) {
  for (std::size_t i = 0; i < std::min(plan.cells.size(), unsupported.size()); ++i)
    if (unsupported[i]) plan.cells[i].refused = unsupported[i];
  return plan;
}

}  // namespace

std::string render(Plan const& drawn_from, std::span<std::optional<std::string> const> unsupported) {
  auto const plan = without(drawn_from, unsupported);
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
  int place = 0;
  for (auto const& trial : block_trials(drawn_from, TrialKind::timed, 0)) {
    if (!plan.cells[trial.cell].refused) text += std::format("{:>5}  {}\n", ++place, plan.cells[trial.cell].id);
  }

  auto const estimate = estimate_time(plan, {});
  text += std::format("\n{} and {} of {}", count_text(static_cast<std::size_t>(protocol.warmup), "warm-up"),
                      blocks_text(protocol), count_text(plan.cells.size() - refused, "trial"));
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
