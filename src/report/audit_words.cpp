#include "report/audit_words.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <format>
#include <functional>

#include "core/text.hpp"
#include "report/words.hpp"

namespace edgelab::report {

namespace {

constexpr std::int32_t usual_run = 30;            // blocks: the protocol's most
constexpr double worth_saying_cores = 0.1;
constexpr double hot_c = 85.0;

RatioSummary as_ratio(NoiseOfMetric const& metric) {
  RatioSummary ratio;
  ratio.name = metric.name;
  ratio.ratio = metric.ratio;
  ratio.ci95 = metric.ci95;
  ratio.n = metric.n;
  ratio.detectable = metric.detectable;
  return ratio;
}

std::string blocks_and_time(Effort const& effort) {
  return std::format("{} blocks, {}", effort.blocks, format_duration(effort.seconds));
}

std::string cores_text(double cores) {
  return std::abs(cores - 1.0) < 0.05 ? std::string("a whole core")
         : cores < 1.0                ? std::format("{:.1f} of a core", cores)
                                      : std::format("{:.1f} cores", cores);
}

void add_others(std::vector<std::string>& words, MachineState const& state) {
  double named = 0.0;
  for (auto const& process : state.others) {
    named += process.cores;
    if (process.cores >= worth_saying_cores)
      words.push_back(std::format("another process, {} ({}), takes {}", one_line(process.name, 40), process.pid,
                                  cores_text(process.cores)));
  }
  if (state.busy_cores && *state.busy_cores - named >= 2 * worth_saying_cores)
    words.push_back(std::format("{}{} to processes that are small or cannot be seen from here",
                                cores_text(*state.busy_cores - named),
                                *state.busy_cores - named < 1.05 ? " goes" : " go"));
  if (state.stolen_cores && *state.stolen_cores >= worth_saying_cores)
    words.push_back(
        std::format("this is a virtual machine, and its host takes {} from it", cores_text(*state.stolen_cores)));
}

void add_speed(std::vector<std::string>& words, MachineState const& state) {
  if (state.governor && *state.governor != "performance")
    words.push_back(std::format(
        "the frequency governor is {}, so the clock follows the load; performance would hold it", *state.governor));
  if (state.mhz_fastest && state.mhz_max && *state.mhz_fastest < 0.9 * *state.mhz_max)
    words.push_back(std::format("its fastest core ran at {:.0f} MHz of {:.0f}", *state.mhz_fastest, *state.mhz_max));
  if (state.throttle_events && *state.throttle_events > 0)
    words.push_back(
        std::format("the processor was throttled {} time{} while the audit ran: it is too hot, or draws too much",
                    *state.throttle_events, *state.throttle_events == 1 ? "" : "s"));
  if (state.temperature_c && *state.temperature_c >= hot_c)
    words.push_back(std::format("it is at {:.0f} °C", *state.temperature_c));
}

}  // namespace

std::string percent(double share) {
  return share < 0.995 ? std::format("{:.2g} %", share * 100.0) : std::format("{:.0f} %", share * 100.0);
}

std::string day_of(Audit const& audit) { return audit.made.substr(0, audit.made.find('T')); }

std::string title_of(AuditedExecutor const& executor) {
  std::string text = executor.id;
  if (!executor.library.empty()) text += " (" + executor.library + ")";
  if (!executor.model.empty()) text += ", " + std::filesystem::path(executor.model).filename().string();
  for (auto const& [flag, value] : executor.flags) text += std::format(", {}: {}", flag, value);
  return text;
}

bool is_defect(LiveCheck const& check) {
  return check.verdict == "early" || check.verdict == "drifting" || check.verdict == "made up";
}

std::string sees(AuditedExecutor const& executor) {
  if (!executor.noise || executor.noise->metrics.empty()) return {};
  auto const& metric = executor.noise->metrics.front();
  Effort const* best = nullptr;
  for (auto const& effort : metric.efforts)   // from large to small
    if (best == nullptr || effort.blocks <= usual_run) best = &effort;
  if (best == nullptr) return {};
  return std::format("{} of {} is found in {} blocks ({})", percent(best->effect), heading_for(metric.name),
                     best->blocks, format_duration(best->seconds));
}

std::string false_differences(NoiseFloor const& noise) {
  if (noise.comparisons == 0) return "too few blocks to compare anything";
  auto const found = [](std::int32_t count) { return count == 0 ? std::string("none") : std::to_string(count); };
  std::string text =
      std::format("of {} comparisons of the round with itself, {} found a difference, which is not there",
                  noise.comparisons, found(noise.false_differences));
  if (noise.false_differences > 0)
    text += std::format(" ({} when held against one another, as reports do)", found(noise.false_after_adjustment));
  return text;
}

std::vector<std::string> machine_words(MachineState const& state) {
  std::vector<std::string> words;
  add_others(words, state);
  add_speed(words, state);
  if (words.empty()) words.emplace_back("nothing else was busy, and nothing was seen to change the clock");
  return words;
}

TextTable effort_table(NoiseFloor const& noise) {
  TextTable table{.head = {"effect"}, .align = {Align::right}, .rows = {}};
  std::vector<double> effects;
  for (auto const& metric : noise.metrics) {
    table.head.push_back(heading_for(metric.name));
    table.align.push_back(Align::right);
    for (auto const& effort : metric.efforts)
      if (!std::ranges::contains(effects, effort.effect)) effects.push_back(effort.effect);
  }
  std::ranges::sort(effects, std::greater{});
  for (double const effect : effects) {
    std::vector<std::string> row{percent(effect)};
    for (auto const& metric : noise.metrics) {
      auto const found = std::ranges::find(metric.efforts, effect, &Effort::effect);
      row.push_back(found == metric.efforts.end() ? "more than a day" : blocks_and_time(*found));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

TextTable noise_table(NoiseFloor const& noise) {
  TextTable table{.head = {"", "against itself", "spread of a block", "would be found"},
                  .align = {Align::left, Align::left, Align::right, Align::right},
                  .rows = {}};
  for (auto const& metric : noise.metrics) {
    auto const ratio = as_ratio(metric);
    auto const found = detectable_text(ratio);
    table.rows.push_back(
        {heading_for(metric.name), ratio_text(ratio), percent(metric.sd_log), found.empty() ? "–" : found});
  }
  return table;
}

std::string audit_line(Summary const& summary) {
  if (!summary.audit) return "No audit of this machine: edgelab audit makes one.";
  auto const& audit = summary.audit->audit;
  if (!summary.audit->differences.empty())
    return std::format("The audit of {} does not apply to this run: {}.", day_of(audit),
                       join(summary.audit->differences, "; "));
  std::vector<std::string> parts;
  for (auto const& executor : audit.executors) {
    if (is_defect(executor.live))
      parts.push_back(std::format("{} REPORTS FALSE TIMES ({})", executor.id, executor.live.verdict));
    if (auto const what = sees(executor); !what.empty())
      parts.push_back(std::format("on {}, {}; against itself {}", executor.id, what,
                                  ratio_text(as_ratio(executor.noise->metrics.front()))));
    else if (!executor.problem.empty())
      parts.push_back(std::format("on {}, no noise floor: {}", executor.id, executor.problem));
  }
  return std::format("Audit of {}: {}.", day_of(audit), join(parts, ". "));
}

}  // namespace edgelab::report
