// What the machine can show: the audit that was current when the run ended.
#include <format>

#include "core/text.hpp"
#include "report/audit_words.hpp"
#include "report/markdown_sections.hpp"
#include "report/words.hpp"

namespace edgelab::report {

namespace {

constexpr std::string_view heading = "## What this machine can show\n\n";

std::string executor_text(AuditedExecutor const& executor) {
  std::string text = std::format("### {}\n\n", escaped(title_of(executor)));
  if (is_defect(executor.live))
    text += std::format("**Its times are not to be believed**: {}.\n\n", escaped(executor.live.reason));
  if (!executor.noise) return text + std::format("No noise floor: {}.\n\n", escaped(executor.problem));
  auto const& noise = *executor.noise;
  text +=
      std::format("The same round under two names, in {} blocks of {} each: {}.\n\n{}\n", noise.blocks,
                  format_duration(noise.seconds_per_block), false_differences(noise), to_markdown(noise_table(noise)));
  if (auto const efforts = effort_table(noise); !efforts.rows.empty())
    text += std::format(
        "From this spread, to find an effect four times in five, for one round beside its baseline (k rounds take "
        "(k + 1) / 2 times as long):\n\n{}\n",
        to_markdown(efforts));
  if (!is_defect(executor.live))
    text += std::format("Its times, held against what was heard while a trial ran: {}: {}.\n\n",
                        escaped(executor.live.verdict), escaped(executor.live.reason));
  return text;
}

}  // namespace

std::string audit_section(Summary const& summary) {
  std::string text(heading);
  if (!summary.audit)
    return text +
           "No audit of the machine was kept with this run. `edgelab audit` makes one in some two minutes: what the harness "
           "costs, how much a round differs from itself, and so how small an effect can be seen in how long. It then stands "
           "in the report of every run that ends after it.\n\n";
  auto const& audit = summary.audit->audit;
  if (!summary.audit->differences.empty())
    return text +
           std::format("The audit of {} **does not apply** to this run: {}. `edgelab audit` makes a new one.\n\n",
                       escaped(audit.made), escaped(join(summary.audit->differences, "; ")));

  std::vector<std::string> seen;
  for (auto const& executor : audit.executors)
    if (auto const what = sees(executor); !what.empty())
      seen.push_back(std::format("with {}, {}", code(executor.id), what));
  text += std::format(
      "The lab was audited on this machine on {}: {}; the harness itself costs {} µs of CPU time a token and {} µs a "
      "trial, and its clock moves in steps of {} ns ({} ns a reading).\n\n",
      day_of(audit), seen.empty() ? "no noise floor was measured" : join(seen, ", "),
      number(audit.harness.us_per_token), number(audit.harness.us_per_trial), number(audit.timer.step_ns),
      number(audit.timer.call_ns));
  text += std::format("The machine, before it was measured: {}.\n\n", escaped(join(machine_words(audit.state), "; ")));
  for (auto const& executor : audit.executors) text += executor_text(executor);
  return text;
}

}  // namespace edgelab::report
