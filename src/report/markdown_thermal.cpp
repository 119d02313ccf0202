// Heat: blocks that ran while the processor was slowed down, waits for it to cool, and one cell's throughput against time.
#include <format>

#include "core/text.hpp"
#include "report/markdown_sections.hpp"
#include "report/text_table.hpp"
#include "report/words.hpp"

namespace edgelab::report {

namespace {

std::string plural(std::int32_t n, std::string_view word) { return std::format("{} {}{}", n, word, n == 1 ? "" : "s"); }

std::string throttling_text(ThermalSummary const& thermal) {
  if (thermal.blocks_watched == 0) return {};
  if (thermal.throttled_blocks.empty())
    return std::format("The processor was not throttled in any of {}.\n\n", plural(thermal.blocks_watched, "block"));
  std::vector<std::string> blocks;
  for (auto const block : thermal.throttled_blocks) blocks.push_back(std::to_string(block + 1));
  return std::format(
      "**The processor was throttled** for its heat in {} of {}: {}. They are in every figure above; a comparison inside a "
      "block holds as far as its trials were slowed down alike.\n\n",
      blocks.size(), plural(thermal.blocks_watched, "block"), join(blocks, ", "));
}

std::string cool_down_text(CoolDownSummary const& waits) {
  return std::format(
      "{} for the processor to cool to {:.1f} °C, {} in all, {} at most{}.\n\n", plural(waits.waits, "wait"),
      waits.target_c, format_duration(waits.waited_s), format_duration(waits.longest_s),
      waits.not_reached == 0 ? ", each until it was so"
                             : std::format("; {} of them ended at the limit, with the processor warmer than "
                                           "that",
                                           waits.not_reached));
}

std::string maybe(std::optional<double> value) { return value ? number(*value) : "–"; }

std::string change_sentence(SustainedSummary const& cell) {
  if (!cell.ratio) return {};
  RatioSummary ratio;
  ratio.ratio = *cell.ratio;
  ratio.ci95 = cell.ci95;
  std::string_view verdict;
  if (cell.ci95 && ((*cell.ci95)[0] > 1.0 || (*cell.ci95)[1] < 1.0))
    verdict = *cell.ratio < 1.0 ? ": it slowed down" : ": it became faster";
  else if (cell.ci95)
    verdict = ": no difference found";
  return std::format("The last window is {} of the first{}.\n\n", ratio_text(ratio), verdict);
}

std::string sustained_text(SustainedSummary const& cell) {
  TextTable table{
      .head = {"time", "trials", heading_for(cell.metric), "°C", "MHz", "W", "throttled"},
      .align = {Align::right, Align::right, Align::right, Align::right, Align::right, Align::right, Align::right},
      .rows = {}};
  for (auto const& window : cell.windows)
    table.rows.push_back({std::format("{:.0f}–{:.0f} s", window.from_s, window.to_s), std::to_string(window.trials),
                          number(window.value), maybe(window.temp_c), maybe(window.cpu_mhz), maybe(window.power_w),
                          window.throttled ? std::format("{:.0f} %", *window.throttled * 100.0) : "–"});
  return std::format("### {}\n\n{}\n{}", code(cell.cell), to_markdown(table), change_sentence(cell));
}

}  // namespace

std::string thermal_text(ThermalSummary const& thermal) {
  auto text = throttling_text(thermal);
  if (thermal.cool_down) text += cool_down_text(*thermal.cool_down);
  return text;
}

std::string sustained_section(Summary const& summary) {
  if (summary.sustained.empty()) return {};
  std::string text =
      "## Over a longer time\n\nOne trial after the other, the same requests in each, when the blocks were over; "
      "`sustained.csv` has them one by one. Neighbouring trials are not independent, so an interval here is narrower than it "
      "should be where the machine's speed wanders.\n\n";
  for (auto const& cell : summary.sustained) text += sustained_text(cell);
  return text;
}

}  // namespace edgelab::report
