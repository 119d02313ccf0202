#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <print>
#include <string>

#include "app/audit.hpp"
#include "app/audit_file.hpp"
#include "app/cli.hpp"
#include "app/overrides.hpp"
#include "app/signals.hpp"
#include "app/terminal.hpp"
#include "app/views.hpp"
#include "core/text.hpp"
#include "report/audit_words.hpp"
#include "report/report.hpp"
#include "runner/audit.hpp"

namespace edgelab::app {

namespace {

struct AuditOptions {
  AuditWords words;
  std::int32_t blocks = AuditRequest{}.blocks;
  std::string time;
  std::string out;
  bool json = false;
  bool quiet = false;
};

AuditView view_of(AuditOptions const& options) {
  return {.step =
              [&options](std::string const& step) {
                if (!options.quiet) std::println(stderr, "audit: {}", step);
              },
          .of_run = [&options](Plan const& plan) -> std::unique_ptr<runner::Observer> {
            if (options.quiet) return quiet_view();
            return is_terminal(stderr) ? live_view(plan) : plain_view(plan);
          }};
}

bool has_problem(AuditedExecutor const& executor) { return !executor.noise || report::is_defect(executor.live); }

int make_audit(AuditOptions const& options) {
  AuditRequest request;
  request.blocks = options.blocks;
  if (!options.time.empty()) {
    auto const seconds = parse_duration(options.time);
    if (!seconds) return refuse("--time: " + seconds.error().describe());
    request.time_s = *seconds;
  }
  auto const file = options.out.empty() ? audit_file() : Result<std::filesystem::path>(options.out);
  if (!file) return refuse(file.error().describe());
  auto targets = audit_targets(options.words);
  if (!targets) return refuse(targets.error().describe());
  request.targets = std::move(*targets);

  StopOnSignal const signals;
  auto const made = audit(request, view_of(options), signals.token());
  if (!made && signals.token().stop_requested()) {
    std::println(stderr, "interrupted; nothing was kept");
    return exit_interrupted;
  }
  if (!made) return refuse(made.error().describe());
  std::print("{}", options.json ? runner::audit_to_json(*made) : report::render_audit(*made, columns_of(stdout)));
  if (std::ranges::none_of(made->executors, [](auto const& executor) { return executor.noise.has_value(); })) {
    std::println(stderr, "edgelab: no noise floor could be measured; nothing was kept");
    return exit_trial_failed;
  }
  if (auto const kept = write_audit(*made, *file); !kept) return refuse(kept.error().describe());
  std::println(stderr, "kept in {}{}", file->string(),
               options.out.empty() ? "; it stands in the report of every run that ends from now on"
                                   : "; EDGELAB_AUDIT=" + file->string() + " makes runs use it");
  return std::ranges::any_of(made->executors, has_problem) ? exit_trial_failed : exit_ok;
}

}  // namespace

void add_audit_command(CLI::App& app, int& status) {
  auto* const command = app.add_subcommand("audit", "Measure what the lab costs and can see on this machine");
  auto const options = std::make_shared<AuditOptions>();
  command->add_option("--model", options->words.model, "The model to measure the noise with; default the demo model")
      ->type_name("FILE");
  command
      ->add_option("--executor", options->words.executors,
                   "llama, null, or a program that speaks the executor protocol; may be given more than once")
      ->type_name("ID|PATH");
  command->add_option("--flag", options->words.flags, "Set this flag in the round; may be given more than once")
      ->type_name("NAME=VALUE");
  command->add_option("--blocks", options->blocks, "Blocks at most, of each executor; default 30")
      ->type_name("N")
      ->check(CLI::Range(2, 1'000'000));
  command->add_option("--time", options->time, "Time for these blocks at most: 90s, 10m; default 60s")
      ->type_name("TIME");
  command->add_option("--out", options->out, "Keep it in FILE instead of where reports look for it")->type_name("FILE");
  command->add_flag("--json", options->json, "Print the audit as JSON");
  command->add_flag("--quiet", options->quiet, "Print only errors, notices and the audit");
  command->footer(
      "An audit says what the figures of this machine are worth:\n\n"
      "  harness   what the coordinator costs a token and a trial, with an executor whose answers cost nothing\n"
      "  timer     how finely the clock can be read\n"
      "  machine   what else runs on it, and what happens to its clock\n"
      "  noise     the same round under two names, in randomised blocks: the truth is 1.00×, so what is measured is noise;\n"
      "            and from it, how many blocks and minutes an effect of 10, 5, 2 or 1 % takes to be found\n"
      "  times     a trial is listened to while it runs: an executor that reports tokens before they happen is caught\n\n"
      "It is kept in $EDGELAB_AUDIT, else $XDG_STATE_HOME/edge-llm-lab/audit.json (~/.local/state), and stands in the\n"
      "report of every run that ends after it. Run it while the machine is as it is when you measure. Ctrl-C ends it, and\n"
      "keeps nothing. Exit status 1: an executor's times are not to be believed, or its round failed.\n\n"
      "Examples:\n"
      "  edgelab audit                                        llama on the demo model, some two minutes\n"
      "  edgelab audit --model my.gguf --flag threads=4 --time 5m\n"
      "  edgelab audit --executor ./my-executor --executor llama\n"
      "  edgelab audit --executor null --flag null.noise=0.02 --out null.json");
  command->callback([options, &status] { status = make_audit(*options); });
}

}  // namespace edgelab::app
