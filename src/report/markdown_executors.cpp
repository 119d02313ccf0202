// The same rounds on several executors: what transfers, what each makes of its bandwidth, what it cannot express.
#include <algorithm>
#include <format>
#include <tuple>

#include "core/text.hpp"
#include "report/markdown_sections.hpp"
#include "report/text_table.hpp"
#include "report/words.hpp"

namespace edgelab::report {

namespace {

constexpr char const* nothing = "–";

std::string ratio_with_interval(double ratio, std::optional<Bounds> const& ci95) {
  RatioSummary shown;
  shown.ratio = ratio;
  shown.ci95 = ci95;
  return ratio_text(shown);
}

std::string word_for(TransferSummary const& one) {
  if (one.verdict == "transfers") return "transfers";
  if (one.verdict == "differs") return "**differs**";
  if (one.verdict == "reverses") return "**reverses**";
  if (one.verdict == "no-effect") return "no effect found";
  return one.verdict == "unclear" ? "not clear" : nothing;
}

using Rows = std::vector<TransferSummary const*>;

// Those of one model and workload together, in the order in which they come.
std::vector<Rows> tables_of(std::vector<TransferSummary> const& transfer) {
  std::vector<Rows> tables;
  for (auto const& one : transfer) {
    auto table = std::ranges::find_if(
        tables, [&](Rows const& known) { return known[0]->model == one.model && known[0]->workload == one.workload; });
    if (table == tables.end()) table = tables.insert(tables.end(), Rows{});
    table->push_back(&one);
  }
  return tables;
}

// By the first metric: what a reader asks first.
std::string sentence(Rows const& rows) {
  auto const& metric = rows[0]->metric;
  auto const named = [&](std::string_view verdict) {
    std::vector<std::string> names;
    for (auto const* row : rows)
      if (row->metric == metric && row->verdict == verdict) names.push_back(code(row->round));
    return names;
  };
  std::vector<std::string> parts;
  auto const add = [&](std::vector<std::string> const& names, std::string_view one, std::string_view several) {
    if (!names.empty()) parts.push_back(std::format("{} {}", join(names, ", "), names.size() == 1 ? one : several));
  };
  add(named("transfers"), "transfers", "transfer");
  add(named("differs"), "does more on one executor than on another", "do more on one executor than on another");
  add(named("reverses"), "gains on one executor and loses on another", "gain on one executor and lose on another");
  if (parts.empty())
    return std::format("By `{}`, nothing was found that holds or differs between executors.\n\n", metric);
  return std::format("By `{}`, {}.\n\n", metric, join(parts, "; "));
}

std::string difference_text(TransferSummary const& row, std::string const& executor) {
  auto const difference = std::ranges::find(row.differences, executor, &ExecutorDifference::executor);
  return difference == row.differences.end() ? std::string{} : ratio_with_interval(difference->ratio, difference->ci95);
}

std::string transfer_table(Rows const& rows, std::vector<std::string> const& executors, auto const& is_shown) {
  TextTable table{.head = {"round", "metric"}, .align = {Align::left, Align::left}, .rows = {}};
  for (std::size_t i = 0; i < executors.size(); ++i) {
    table.head.push_back(code(executors[i]));
    table.align.push_back(Align::left);
    if (i == 0) continue;
    table.head.push_back(std::format("{} / first", code(executors[i])));
    table.align.push_back(Align::left);
  }
  table.head.emplace_back("");
  table.align.push_back(Align::left);
  for (auto const* row : rows) {
    if (!is_shown(*row)) continue;
    std::vector<std::string> cells{code(row->round), code(row->metric)};
    for (std::size_t i = 0; i < executors.size(); ++i) {
      auto const own = std::ranges::find(row->ratios, executors[i], &ExecutorRatio::executor);
      cells.push_back(own == row->ratios.end() ? nothing : ratio_with_interval(own->ratio, own->ci95));
      if (i == 0) continue;
      auto const difference = difference_text(*row, executors[i]);
      cells.push_back(difference.empty() ? nothing : difference);
    }
    cells.push_back(word_for(*row));
    table.rows.push_back(std::move(cells));
  }
  return table.rows.empty() ? std::string{} : to_markdown(table) + "\n";
}

std::string transfer_text(AcrossExecutors const& across) {
  std::string text;
  for (auto const& rows : tables_of(across.transfer)) {
    auto const& first = rows[0]->metric;
    text += std::format("### {}, workload {}\n\n{}", code(rows[0]->model), code(rows[0]->workload), sentence(rows));
    text += transfer_table(rows, across.executors, [&](TransferSummary const& row) { return row.metric == first; });
    auto const others =
        transfer_table(rows, across.executors, [&](TransferSummary const& row) { return row.metric != first; });
    if (!others.empty())
      text += std::format("<details><summary>The same for the other metrics</summary>\n\n{}</details>\n\n", others);
  }
  return text;
}

std::string share_text(UtilisationSummary const& row) {
  auto text = std::format("{:.1f} %", row.mbu * 100.0);
  if (row.ci95) text += std::format(" ({:.1f}–{:.1f})", (*row.ci95)[0] * 100.0, (*row.ci95)[1] * 100.0);
  return row.decode_tps ? std::format("{} at {} tok/s", text, number(*row.decode_tps)) : text;
}

// A row for each round, a column for each executor.
std::string bandwidth_text(AcrossExecutors const& across) {
  if (across.utilisation.empty()) return {};
  TextTable table{.head = {"model", "workload", "round"}, .align = {Align::left, Align::left, Align::left}, .rows = {}};
  for (auto const& executor : across.executors) {
    table.head.push_back(code(executor));
    table.align.push_back(Align::left);
  }
  std::vector<std::tuple<std::string, std::string, std::string>> told;
  for (auto const& row : across.utilisation) {
    std::tuple const key{row.model, row.workload, row.round};
    if (std::ranges::contains(told, key)) continue;
    told.push_back(key);
    std::vector<std::string> cells{code(row.model), code(row.workload), code(row.round)};
    for (auto const& executor : across.executors) {
      auto const own = std::ranges::find_if(across.utilisation, [&](UtilisationSummary const& other) {
        return other.executor == executor && std::tuple{other.model, other.workload, other.round} == key;
      });
      cells.push_back(own == across.utilisation.end() ? nothing : share_text(*own));
    }
    table.rows.push_back(std::move(cells));
  }
  return "### What each makes of its memory bandwidth\n\n"
         "Decoding reads all weights for each token, so what a machine's memory delivers bounds it. The share of that which "
         "is used (`mbu`) can be compared across machines of different speed, as tokens a second cannot.\n\n" +
         to_markdown(table) + "\n";
}

std::string inexpressible_text(AcrossExecutors const& across) {
  if (across.inexpressible.empty()) return {};
  TextTable table{.head = {"executor", "cannot run", "cells", "since"},
                  .align = {Align::left, Align::left, Align::right, Align::left},
                  .rows = {}};
  for (auto const& row : across.inexpressible) {
    std::vector<std::string> rounds;
    for (auto const& round : row.rounds) rounds.push_back(code(round));
    table.rows.push_back({code(row.executor), join(rounds, ", "),
                          std::format("{} of {}", row.cells, row.cells_of_executor), escaped(row.reason)});
  }
  return "### What an executor cannot express\n\n" + to_markdown(table) + "\n";
}

}  // namespace

std::string executors_section(Summary const& summary) {
  if (!summary.across_executors) return {};
  auto const& across = *summary.across_executors;
  auto const text = transfer_text(across) + bandwidth_text(across) + inexpressible_text(across);
  if (text.empty()) return text;
  return "## Across executors\n\n"
         "The same rounds on each executor, against its own baseline, so that how fast a machine is by itself is in no "
         "ratio. Beside the ratios stands how much more a round changes there than on the first executor that has it: the "
         "one ratio over the other, from the same blocks, which asked for the same. *Transfers*: it goes the same way for "
         "certain on all, and no difference was found. *Differs* and *reverses*: the executors are told apart by an "
         "interval without 1, and still when all these comparisons are held against one another (Benjamini–Hochberg); "
         "reversed is what gains on one and loses on another. *Not clear*: neither.\n\n" +
         text;
}

}  // namespace edgelab::report
