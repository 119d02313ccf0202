// The command line: subcommands and exit statuses.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace edgelab::app {

// 0: done, cells that are unsupported included. 1: a trial failed. 2: bad input, nothing ran. 130: interrupted.
enum ExitStatus : int { exit_ok = 0, exit_trial_failed = 1, exit_bad_input = 2, exit_interrupted = 130 };

[[nodiscard]] int run_cli(int argc, char** argv);

// Each adds its subcommand; when it is the one called, `status` gets its exit status.
void add_run_command(CLI::App& app, int& status);
void add_audit_command(CLI::App& app, int& status);
void add_check_command(CLI::App& app, int& status);
void add_plan_command(CLI::App& app, int& status);
void add_report_command(CLI::App& app, int& status);
void add_schema_command(CLI::App& app, int& status);
void add_flags_command(CLI::App& app, int& status);
void add_model_command(CLI::App& app, int& status);
void add_hub_command(CLI::App& app, int& status);
void add_agent_command(CLI::App& app, int& status);

// Writes "edgelab: MESSAGE" to standard error and returns exit_bad_input.
int refuse(std::string const& message);

}  // namespace edgelab::app
