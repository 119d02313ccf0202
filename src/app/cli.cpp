#include "app/cli.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <optional>
#include <print>
#include <vector>

#include "core/text.hpp"
#include "probe/environment.hpp"

namespace edgelab::app {

namespace {

std::string version_text() {
  auto const build = probe::build_facts();
  return "edgelab " + build.version + "\ncommit " + build.commit + "\ncompiler " + build.compiler + "\nbuild type " +
         build.build_type;
}

constexpr auto examples = R"(Examples:
  edgelab check experiments/default.yaml            find every mistake in a file, run nothing
  edgelab plan experiments/default.yaml             what would run, in which order, and how long it would take
  edgelab run experiments/default.yaml --out OUT    run it; results, tables and report come into OUT
  edgelab run --resume OUT                          go on with a run that was stopped or killed
  edgelab report OUT                                make the reports again from OUT/results.db
  edgelab audit                                     what this machine's figures are worth; stands in later reports
  edgelab flags                                     what a round may set
  edgelab model info models/demo/demo-f16.gguf      what a model file contains
  edgelab hub --listen 0.0.0.0 --tls                where devices and runs meet; it prints how to join
  edgelab agent --hub ADDRESS                       lend this machine's executors to runs elsewhere

Exit status: 0 done (also where cells are unsupported), 1 a trial failed, 2 bad input, 130 interrupted.)";

// CLI11 would only say that a subcommand is missing.
std::optional<std::string> unknown_subcommand(CLI::App const& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return std::nullopt;
  std::string const name = argv[1];
  std::vector<std::string> known;
  for (auto const* command : app.get_subcommands([](CLI::App const*) { return true; }))
    known.push_back(command->get_name());
  if (std::ranges::contains(known, name)) return std::nullopt;
  return "unknown subcommand '" + name + "'" + suggestion(name, known) + "; expected one of " + join(known, ", ");
}

int dispatch(int argc, char** argv) {
  CLI::App app{
      "edgelab measures what each optimisation of small language models costs and gains, alone and combined.\n"
      "An experiment file names models, workloads and rounds of flags; edgelab runs them in randomised blocks\n"
      "and compares every round with the baseline."};
  app.name("edgelab");
  app.require_subcommand(1);
  app.set_version_flag("--version", version_text(), "Print the version, the commit and how this was built");
  app.footer(examples);
  int status = exit_ok;
  add_run_command(app, status);
  add_check_command(app, status);
  add_plan_command(app, status);
  add_report_command(app, status);
  add_audit_command(app, status);
  add_schema_command(app, status);
  add_flags_command(app, status);
  add_model_command(app, status);
  add_hub_command(app, status);
  add_agent_command(app, status);
  if (auto const unknown = unknown_subcommand(app, argc, argv)) return refuse(*unknown);
  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& error) {
    // Help and version are "errors" with status 0; every other one is bad input.
    return app.exit(error) == 0 ? exit_ok : exit_bad_input;
  }
  return status;
}

}  // namespace

int refuse(std::string const& message) {
  std::println(stderr, "edgelab: {}", message);
  return exit_bad_input;
}

int run_cli(int argc, char** argv) {
  try {
    return dispatch(argc, argv);
  } catch (std::exception const& error) {
    return refuse(error.what());
  }
}

}  // namespace edgelab::app
