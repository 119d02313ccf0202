#include <CLI/CLI.hpp>
#include <memory>
#include <print>

#include "app/cli.hpp"
#include "app/input.hpp"
#include "runner/remotes.hpp"
#include "course/own_flags.hpp"
#include "runner/commands.hpp"

namespace edgelab::app {

namespace {

int check(std::string const& file) {
  auto const experiment = load_experiment(file, {});
  if (!experiment) return refuse(experiment.error());
  if (course::has_own_flags(*experiment)) {
    // Only the executors themselves know these.
    auto const hellos = runner::greet(experiment->executors, runner::programs_folder(), *std::make_shared<runner::Remotes>());
    if (!hellos) return refuse(file + ": " + hellos.error().describe());
    if (auto const wrong = course::check_own_flags(*experiment, *hellos); !wrong.empty()) return refuse(wrong);
  }
  auto const plan = plan_of(*experiment);
  if (!plan) return refuse(file + ": " + plan.error().describe());
  std::println("{}: right: {} rounds, {} cells", file, experiment->rounds.size(), plan->cells.size());
  for (auto const& cell : plan->cells) {
    if (cell.refused) std::println("{}: cannot run: {}", cell.id, *cell.refused);
  }
  return exit_ok;
}

}  // namespace

void add_check_command(CLI::App& app, int& status) {
  auto* const command = app.add_subcommand("check", "Find every mistake in an experiment file; run nothing");
  auto const file = std::make_shared<std::string>();
  command->add_option("FILE", *file, "The experiment file")->required();
  command->footer(
      "Reads the file and the prompt files it names, opens its models, and prints each mistake as\n"
      "FILE:LINE:COLUMN: what is wrong and what was expected. Exit status 2 if there is one.\n\n"
      "Example:\n  edgelab check experiments/default.yaml");
  command->callback([file, &status] { status = check(*file); });
}

}  // namespace edgelab::app
