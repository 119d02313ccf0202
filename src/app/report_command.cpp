#include <CLI/CLI.hpp>
#include <memory>
#include <print>

#include "app/cli.hpp"
#include "app/terminal.hpp"
#include "runner/outputs.hpp"
#include "store/store.hpp"

namespace edgelab::app {

namespace {

int make_reports(std::string const& directory) {
  auto const store = store::Store::open(directory, store::Store::Access::read);
  if (!store) return refuse(store.error().describe());
  auto const summary = runner::write_outputs(*store, directory);
  if (!summary) return refuse(summary.error().describe());
  std::print("{}", table_of(*summary));
  print_outputs(directory);
  return exit_ok;
}

}  // namespace

void add_report_command(CLI::App& app, int& status) {
  auto* const command = app.add_subcommand("report", "Make every output of a run again from its results.db");
  auto const directory = std::make_shared<std::string>();
  command->add_option("DIR", *directory, "The folder of the run")->required();
  command->footer(
      "Writes summary.json, summary.csv, report.md, trials.jsonl, environment.json and experiment.yaml into DIR.\n"
      "Also for a run that was killed, or is still going on.\n\n"
      "Example:\n  edgelab report OUT");
  command->callback([directory, &status] { status = make_reports(*directory); });
}

}  // namespace edgelab::app
