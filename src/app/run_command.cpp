#include <CLI/CLI.hpp>
#include <memory>
#include <print>
#include <string>
#include <variant>

#include "app/audit_file.hpp"
#include "app/cli.hpp"
#include "app/input.hpp"
#include "app/overrides.hpp"
#include "app/session.hpp"
#include "app/signals.hpp"
#include "app/terminal.hpp"
#include "app/views.hpp"
#include "core/text.hpp"
#include "runner/outputs.hpp"

namespace edgelab::app {

namespace {

struct RunOptions {
  std::string file;
  std::string out;
  std::string resume;
  bool quiet = false;
  OverrideOptions overrides;
};

int refuse_with(Refusal const& refusal) {
  if (auto const* diagnostics = std::get_if<spec::Diagnostics>(&refusal)) return refuse(*diagnostics);
  return refuse(std::get<Error>(refusal).describe());
}

std::unique_ptr<runner::Observer> view_of(Plan const& plan, bool quiet) {
  if (quiet) return quiet_view();
  return is_terminal(stderr) ? live_view(plan) : plain_view(plan);
}

// Runs what is left, then writes every output, however the run ended.
int run_session(Session session, bool quiet) {
  StopOnSignal const signals;
  auto const view = view_of(session.config.plan, quiet);
  auto const outcome = runner::run(session.config, session.store, *view, signals.token());
  if (!outcome) {
    // The store's or the disk's trouble: what was saved before it is still worth a report.
    refuse(outcome.error().describe());
    if (runner::write_outputs(session.store, session.config.directory)) print_outputs(session.config.directory);
    return exit_trial_failed;
  }
  auto const& directory = session.config.directory;
  if (auto const kept = session.store.finish(utc_now(), outcome->stopped_because); !kept) {
    return refuse(kept.error().describe());
  }
  if (auto const kept = keep_current_audit(session.store); !kept)
    std::println(stderr, "note: the report has no audit: {}", kept.error().describe());
  auto const summary = runner::write_outputs(session.store, directory);
  if (!summary) return refuse(summary.error().describe());
  if (!quiet) std::print("{}", table_of(*summary));
  print_outputs(directory);
  if (outcome->ended == runner::Ended::interrupted) {
    std::println(stderr, "interrupted; go on with: edgelab run --resume {}", directory.string());
    return exit_interrupted;
  }
  auto const failed = runner::any_trial_failed(session.store);
  if (!failed) return refuse(failed.error().describe());
  return *failed ? exit_trial_failed : exit_ok;
}

int run(RunOptions const& options) {
  auto const overrides = options.overrides.parse();
  if (!overrides) return refuse(overrides.error().describe());
  if (options.resume.empty()) {
    if (options.file.empty()) return refuse("run: expected an experiment file, or --resume DIR");
    auto session = new_session(options.file, options.out, *overrides);
    return session ? run_session(std::move(*session), options.quiet) : refuse_with(session.error());
  }
  if (!options.file.empty() || !options.out.empty() || overrides->seed || !overrides->models.empty() ||
      !overrides->only_rounds.empty()) {
    return refuse(
        "--resume DIR goes on with the experiment, seed, models and rounds that DIR was begun with; "
        "only --blocks, --time-budget and --quiet may be given with it");
  }
  auto session = resumed_session(options.resume, overrides->blocks, overrides->time_budget_s);
  return session ? run_session(std::move(*session), options.quiet) : refuse_with(session.error());
}

}  // namespace

void add_run_command(CLI::App& app, int& status) {
  auto* const command = app.add_subcommand("run", "Run an experiment");
  auto const options = std::make_shared<RunOptions>();
  command->add_option("FILE", options->file, "The experiment file");
  command->add_option("--out", options->out, "Folder for the results; default results/NAME-DATE")->type_name("DIR");
  options->overrides.add_to(*command);
  command->add_flag("--quiet", options->quiet, "Print only errors, notices and where the results are");
  command->add_option("--resume", options->resume, "Go on with the run in DIR, in the same order with the same seed")
      ->type_name("DIR");
  command->footer(
      "Every trial is kept in DIR/results.db when it ends. Ctrl-C ends the run with a report of what there is; a second\n"
      "Ctrl-C ends it at once. Either way, and after a crash, --resume DIR goes on.\n\n"
      "Examples:\n"
      "  edgelab run experiments/default.yaml --out OUT\n"
      "  edgelab run experiments/default.yaml --blocks 3 --only flash-attn,kv-q8 --out quick\n"
      "  edgelab run experiments/default.yaml --model demo=my-model.gguf --time-budget 10m\n"
      "  edgelab run --resume OUT");
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace edgelab::app
