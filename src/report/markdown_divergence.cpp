// Beside right answers: how far a round's distributions are from the reference's.
#include <algorithm>
#include <cmath>
#include <format>
#include <optional>
#include <string_view>

#include "report/markdown_sections.hpp"
#include "report/text_table.hpp"
#include "report/words.hpp"

namespace edgelab::report {

namespace {

using Rows = std::vector<KldSummary const*>;

std::string within(std::string value, std::optional<Bounds> const& ci95, auto const& write) {
  if (ci95) value += std::format(" ({}–{})", write((*ci95)[0]), write((*ci95)[1]));
  return value;
}

std::string with_interval(double value, std::optional<Bounds> const& ci95, auto const& write) {
  return within(write(value), ci95, write);
}

// Rounding leaves values around 0 that mean 0.
std::string nats(double value) { return std::abs(value) < 5e-7 ? "0" : std::format("{:.3g}", value); }
std::string percent(double share) { return std::format("{:.2f} %", share * 100.0); }
std::string times(double ratio) { return std::format("{:.4f}", ratio); }

std::vector<Rows> tables_of(std::vector<KldSummary> const& rows) {
  std::vector<Rows> tables;
  for (auto const& row : rows) {
    auto table = std::ranges::find_if(tables, [&](Rows const& known) {
      return known[0]->model == row.model && known[0]->executor == row.executor && known[0]->source == row.source;
    });
    if (table == tables.end()) table = tables.insert(tables.end(), Rows{});
    table->push_back(&row);
  }
  return tables;
}

bool has_numbers(KldSummary const* row) { return row->status == "ok"; }

// "`baseline`", and whose it is where it is another's.
std::string reference_of(KldSummary const& row) {
  auto text = code(row.reference);
  if (row.reference_model) text += " of " + code(*row.reference_model);
  if (row.reference_executor) text += " on " + code(*row.reference_executor);
  return text;
}

std::string sentence_for(KldSummary const& row) {
  if (row.shape != "prefill" || !has_numbers(&row)) return {};
  auto change = (row.ppl_ratio - 1.0) * 100.0;
  std::string_view than = "not told apart from the reference's";
  if (std::abs(change) < 0.005) {
    than = "as the reference's";
    change = 0.0;
  } else if (row.ppl_ratio_ci95 && ((*row.ppl_ratio_ci95)[0] > 1.0 || (*row.ppl_ratio_ci95)[1] < 1.0)) {
    than = change > 0.0 ? "worse than the reference's" : "better than the reference's";
  }
  bool const tiny = row.kld_mean != 0.0 && nats(row.kld_mean) == "0";
  return std::format(
      "- {} is {} nats a token away from {}: the likeliest next token is the same at {} of {} tokens, and the texts' "
      "perplexity is {:.4g}, {} ({:+.2f} %).\n",
      code(row.round), tiny ? "less than 1e-06" : nats(row.kld_mean), reference_of(row), percent(row.top1_agreement),
      row.tokens, row.ppl, than, change);
}

std::string figures(Rows const& rows) {
  TextTable table{
      .head = {"round", "step", "texts", "tokens", "mean KLD", "p99 KLD", "same likeliest", "perplexity", "ratio"},
      .align = {Align::left, Align::left, Align::right, Align::right, Align::left, Align::left, Align::left,
                Align::right, Align::left},
      .rows = {}};
  for (auto const* row : rows) {
    if (!has_numbers(row)) continue;
    table.rows.push_back({code(row->round), row->shape == "decode" ? "one token" : "many tokens",
                          std::to_string(row->texts), std::to_string(row->tokens),
                          with_interval(row->kld_mean, row->kld_mean_ci95, nats),
                          with_interval(row->kld_p99, row->kld_p99_ci95, nats),
                          with_interval(row->top1_agreement, row->top1_agreement_ci95, percent),
                          std::format("{:.4g}", row->ppl), with_interval(row->ppl_ratio, row->ppl_ratio_ci95, times)});
  }
  return table.rows.empty() ? "" : to_markdown(table) + "\n";
}

// Mean by how far into the text: caches err more where there is more in them.
std::string by_depth(Rows const& rows) {
  std::vector<std::int32_t> ends;
  for (auto const* row : rows)
    if (row->shape == "prefill")
      for (auto const& depth : row->depths)
        if (!std::ranges::contains(ends, depth.below)) ends.push_back(depth.below);
  std::ranges::sort(ends);
  if (ends.size() < 2) return {};
  TextTable table{.head = {"mean KLD after"}, .align = {Align::left}, .rows = {}};
  for (auto const end : ends) {
    table.head.push_back(std::format("{}–{} tokens", end == 64 ? 0 : end / 2, end - 1));
    table.align.push_back(Align::right);
  }
  for (auto const* row : rows) {
    if (row->shape != "prefill" || !has_numbers(row)) continue;
    std::vector<std::string> cells{code(row->round)};
    for (auto const end : ends) {
      auto const depth = std::ranges::find(row->depths, end, &DepthSummary::below);
      cells.push_back(depth == row->depths.end() ? "–" : nats(depth->kld_mean));
    }
    table.rows.push_back(std::move(cells));
  }
  return to_markdown(table) + "\n";
}

std::string troubles(Rows const& rows) {
  std::string text;
  for (auto const* row : rows) {
    if (row->failed == 0) continue;
    text += has_numbers(row)
                ? std::format("- {}, {}: {} of {} texts could not be read: {}\n", code(row->round), row->shape,
                              row->failed, row->failed + row->texts, escaped(row->reason))
                : std::format("- {}, {}: {}: {}\n", code(row->round), row->shape, row->status, escaped(row->reason));
  }
  return text.empty() ? text : text + "\n";
}

}  // namespace

std::string divergence_section(Summary const& summary) {
  if (summary.divergence.empty()) return {};
  std::string text =
      "## Distance from the reference\n\n"
      "The reference and each round read the same texts, token by token, and say how likely each next token is. *KLD* is Kullback "
      "and Leibler's divergence of the round's distribution from the reference's, in nats a token: 0 where they are the same. "
      "*Same likeliest* is the share of tokens at which both would have gone on alike; *ratio* is the round's perplexity over the "
      "reference's. Read one token a step, as when an answer is written, other kernels run than over many. Intervals are of 95 % "
      "over the texts.\n\n";
  for (auto const& rows : tables_of(summary.divergence)) {
    text += std::format("### {} on {}, texts of {}\n\n", code(rows[0]->model), code(rows[0]->executor),
                        code(rows[0]->source));
    std::string sentences;
    for (auto const* row : rows) sentences += sentence_for(*row);
    if (!sentences.empty()) text += sentences + "\n";
    text += figures(rows) + by_depth(rows) + troubles(rows);
  }
  return text;
}

}  // namespace edgelab::report
