#include <CLI/CLI.hpp>
#include <print>

#include "app/cli.hpp"
#include "spec/parse.hpp"

namespace edgelab::app {

void add_schema_command(CLI::App& app, int& status) {
  auto* const command = app.add_subcommand("schema", "Print the JSON Schema of experiment files, for editors");
  command->footer(
      "An editor that knows the schema completes keys and flags and marks mistakes while you type.\n\n"
      "Example:\n"
      "  edgelab schema > edge-llm-lab.schema.json\n"
      "and as the first line of an experiment file:\n"
      "  # yaml-language-server: $schema=edge-llm-lab.schema.json");
  command->callback([&status] {
    std::println("{}", spec::json_schema());
    status = exit_ok;
  });
}

}  // namespace edgelab::app
