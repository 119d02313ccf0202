// The tables of the terminal, for a program that draws tables itself.
#include <rfl.hpp>
#include <rfl/json.hpp>

#include <optional>
#include <string>
#include <vector>

#include "report/groups.hpp"
#include "report/report.hpp"
#include "report/words.hpp"

namespace edgelab::report {

namespace {

// What is shown of one metric in one round; what there is none of is absent.
struct Figure {
  std::string metric;
  std::string heading;
  std::string value;
  std::optional<std::string> ratio;        // against the baseline, with its interval
  std::optional<std::string> verdict;
  std::optional<std::string> detectable;   // where no difference was found: how large one would have been
  std::string tone = "quiet";              // good | bad | quiet
};

struct Round {
  std::string round;
  std::string category;
  std::string status;
  std::string reason;
  bool baseline = false;
  std::int32_t trials = 0;
  std::int32_t failed = 0;
  std::vector<Figure> figures;
};

struct Table {
  std::string model;
  std::string executor;
  std::string workload;
  std::vector<Round> rounds;
};

struct Tables {
  std::string experiment;
  std::int32_t blocks = 0;
  std::uint64_t seed = 0;
  std::string stopped_because;
  std::string baseline;
  std::vector<Table> tables;
};

void compare(Figure& figure, RatioSummary const& ratio, MetricSummary const& metric) {
  auto const verdict = verdict_of(ratio, metric.better);
  figure.ratio = ratio_text(ratio);
  if (auto const word = word_for(verdict, metric.name, metric.better); !word.empty())
    figure.verdict = std::string(word);
  if (verdict == Verdict::no_difference && ratio.detectable) figure.detectable = detectable_text(ratio);
  if (verdict == Verdict::better) figure.tone = "good";
  if (verdict == Verdict::worse) figure.tone = "bad";
}

Round round_of(CellSummary const& cell, std::vector<std::string> const& metrics) {
  Round round{.round = valid_utf8(cell.round),
              .category = valid_utf8(cell.category),
              .status = cell.status,
              .reason = valid_utf8(cell.reason),
              .baseline = is_baseline(cell),
              .trials = cell.trials.ok,
              .failed = cell.trials.failed,
              .figures = {}};
  for (auto const& name : metrics) {
    auto const* metric = find(cell.metrics, name);
    if (metric == nullptr) continue;
    Figure figure{
        .metric = name, .heading = heading_for(name), .value = {}, .ratio = {}, .verdict = {}, .detectable = {}};
    figure.value = metric->unit == "B" ? quantity(metric->mean, "B") : number(metric->mean);
    if (auto const* ratio = find(cell.vs_baseline, name)) compare(figure, *ratio, *metric);
    round.figures.push_back(std::move(figure));
  }
  return round;
}

}  // namespace

std::string render_table_json(Summary const& summary) {
  Tables tables{.experiment = valid_utf8(summary.experiment),
                .blocks = summary.blocks,
                .seed = summary.seed,
                .stopped_because = valid_utf8(summary.stopped_because),
                .baseline = valid_utf8(summary.baseline),
                .tables = {}};
  for (auto const& group : groups_of(summary)) {
    Table table{.model = valid_utf8(group.model),
                .executor = valid_utf8(group.executor),
                .workload = valid_utf8(group.workload),
                .rounds = {}};
    auto const metrics = headline_metrics(group);
    for (auto const* cell : group.cells) table.rounds.push_back(round_of(*cell, metrics));
    tables.tables.push_back(std::move(table));
  }
  return rfl::json::write(tables);
}

}  // namespace edgelab::report
