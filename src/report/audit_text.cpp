// What `edgelab audit` prints.
#include <algorithm>
#include <format>

#include "core/text.hpp"
#include "report/audit_words.hpp"
#include "report/report.hpp"
#include "report/words.hpp"

namespace edgelab::report {

namespace {

// Breaks a text at blanks. `head` stands before the first line; the others are set in by `inset`.
std::string wrapped(std::string_view head, std::string_view text, std::size_t columns, std::size_t inset) {
  std::string lines;
  std::string line(head);
  bool first = true;
  for (auto const& word : split(text, ' ')) {
    if (!first && width_of(line) + 1 + width_of(word) > columns) {
      lines += line + "\n";
      line = std::string(inset, ' ') + word;
    } else {
      line += (first ? "" : " ") + word;
    }
    first = false;
  }
  return lines + line + "\n";
}

std::string plain_table(TextTable const& table, std::size_t columns) {
  auto const widths = widths_of(table);
  std::string text;
  auto const add = [&](std::vector<std::string> const& cells) {
    std::string line = "  ";
    for (std::size_t i = 0; i < cells.size(); ++i) line += "  " + padded(cells[i], widths[i], table.align[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += shortened(line, columns) + "\n";
  };
  add(table.head);
  for (auto const& row : table.rows) add(row);
  return text;
}

std::string executor_text(AuditedExecutor const& executor, std::size_t columns) {
  constexpr std::size_t inset = 4;
  auto const sentence = [&](std::string const& words) { return wrapped("  ", one_line(words, 2000), columns, inset); };
  std::string text = "\n" + shortened(one_line(title_of(executor), 2000), columns) + "\n";
  if (executor.noise) {
    auto const& noise = *executor.noise;
    text += sentence(std::format("the same round twice, in {} blocks of {} each:", noise.blocks,
                                 format_duration(noise.seconds_per_block)));
    text += plain_table(noise_table(noise), columns);
    text += sentence(false_differences(noise));
    if (auto const efforts = effort_table(noise); !efforts.rows.empty())
      text += sentence("to find an effect four times in five, of one round beside its baseline:") +
              plain_table(efforts, columns) + sentence("a run of k rounds takes (k + 1) / 2 times as long");
  } else {
    text += sentence("no noise floor: " + executor.problem);
  }
  auto const mark = is_defect(executor.live) ? "DEFECT: times: " : "times: ";
  return text + sentence(std::format("{}{}: {}", mark, executor.live.verdict, executor.live.reason));
}

}  // namespace

std::string render_audit(Audit const& audit, int columns) {
  auto const width = static_cast<std::size_t>(std::max(columns, 40));
  auto const line = [&](std::string_view what, std::string const& words) {
    return wrapped(std::format("{:<9}", what), one_line(words, 2000), width, 9);
  };
  std::string text =
      line("machine", std::format("{}, {} of {} core{} usable", audit.machine.cpu, audit.machine.usable_cores,
                                  audit.machine.physical_cores, audit.machine.physical_cores == 1 ? "" : "s"));
  std::string load;
  for (double const value : audit.state.load_average) load += std::format("{}{:.2f}", load.empty() ? "" : " ", value);
  std::string facts;
  if (audit.state.governor) facts += "; governor " + *audit.state.governor;
  if (audit.state.mhz_fastest)
    facts += *audit.state.mhz_slowest < *audit.state.mhz_fastest - 1.0
                 ? std::format("; {:.0f} to {:.0f} MHz", *audit.state.mhz_slowest, *audit.state.mhz_fastest)
                 : std::format("; {:.0f} MHz", *audit.state.mhz_fastest);
  if (audit.state.temperature_c) facts += std::format("; {:.0f} °C", *audit.state.temperature_c);
  text += line("state", (load.empty() ? "load not told" : "load " + load) + facts + "; " +
                            join(machine_words(audit.state), "; "));
  text += line("timer", std::format("steps of {} ns, {} ns a reading", number(audit.timer.step_ns),
                                    number(audit.timer.call_ns)));
  text += line("harness", std::format("{} µs of CPU time a token, {} µs a trial (medians of {})",
                                      number(audit.harness.us_per_token), number(audit.harness.us_per_trial),
                                      audit.harness.repetitions));
  for (auto const& executor : audit.executors) text += executor_text(executor, width);
  return text;
}

}  // namespace edgelab::report
