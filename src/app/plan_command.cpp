#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <print>
#include <string>
#include <vector>

#include "app/cli.hpp"
#include "app/input.hpp"
#include "app/overrides.hpp"
#include "app/session.hpp"
#include "course/refusal.hpp"
#include "plan/plan.hpp"
#include "runner/commands.hpp"

namespace edgelab::app {

namespace {

// Why executors cannot run cells, of each cell; they are asked as in a run. Where one does not answer, its cells are shown as if
// it could.
Result<std::vector<std::optional<std::string>>> unsupported_cells(Plan const& plan) {
  auto const hellos = runner::greet(plan.experiment.executors, runner::programs_folder(), *std::make_shared<runner::Remotes>());
  if (!hellos) {
    std::println(stderr, "note: {}; what it cannot do is not known", hellos.error().describe());
    return std::vector<std::optional<std::string>>{};
  }
  std::vector<std::optional<std::string>> reasons;
  for (auto const& cell : plan.cells) reasons.push_back(course::refusal_of(plan, cell, (*hellos)[cell.executor]));
  EDGELAB_CHECK(check_fitting(plan, *hellos));
  return reasons;
}

int show_plan(std::string const& file, OverrideOptions const& options) {
  auto const overrides = options.parse();
  if (!overrides) return refuse(overrides.error().describe());
  auto experiment = load_experiment(file, *overrides);
  if (!experiment) return refuse(experiment.error());
  auto plan = plan_of(std::move(*experiment));
  if (!plan) return refuse(file + ": " + plan.error().describe());
  auto const unsupported = unsupported_cells(*plan);
  if (!unsupported) return refuse(file + ": " + unsupported.error().describe());
  std::print("{}", plan::render(*plan, *unsupported));
  return exit_ok;
}

}  // namespace

void add_plan_command(CLI::App& app, int& status) {
  auto* const command =
      app.add_subcommand("plan", "Show what a run would do: cells, order of the first block, estimate of the time");
  auto const file = std::make_shared<std::string>();
  auto const options = std::make_shared<OverrideOptions>();
  command->add_option("FILE", *file, "The experiment file")->required();
  options->add_to(*command);
  command->footer(
      "Runs no trial; the executors are asked what they can do and, where a prompt may be too long, how many tokens it has.\n"
      "The estimate counts trials of the length the protocol asks for at least; loading models and\n"
      "slow trials come on top.\n\n"
      "Examples:\n"
      "  edgelab plan experiments/default.yaml\n"
      "  edgelab plan experiments/default.yaml --blocks 3 --only flash-attn,kv-q8");
  command->callback([file, options, &status] { status = show_plan(*file, *options); });
}

}  // namespace edgelab::app
