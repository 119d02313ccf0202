// Beside speed: whether answers are right, and whether they are the reference's.
#include <algorithm>
#include <format>

#include "core/text.hpp"
#include "report/markdown_sections.hpp"
#include "report/text_table.hpp"
#include "report/words.hpp"

namespace edgelab::report {

namespace {

constexpr char const* nothing = "–";
constexpr double chance = 0.05;    // as everywhere in the report

std::string percent(double share) { return std::format("{:.1f} %", share * 100.0); }

// What is compared with one another, row by row of either kind.
template <typename Row>
std::vector<std::vector<Row const*>> tables_of(std::vector<Row> const& rows) {
  std::vector<std::vector<Row const*>> tables;
  for (auto const& row : rows) {
    auto const same = [&](std::vector<Row const*> const& table) {
      return table[0]->model == row.model && table[0]->executor == row.executor && table[0]->workload == row.workload;
    };
    auto table = std::ranges::find_if(tables, same);
    if (table == tables.end()) table = tables.insert(tables.end(), std::vector<Row const*>{});
    table->push_back(&row);
  }
  return tables;
}

template <typename Row>
std::string title_for(Row const& row) {
  return std::format("{} on {}, workload {}", code(row.model), code(row.executor), code(row.workload));
}

bool flipped(QualitySummary const& row) { return row.flips && row.flips->p_adjusted <= chance; }

std::string sentence_for(std::vector<QualitySummary const*> const& rows) {
  std::vector<std::string> sentences;
  for (auto const* row : rows) {
    if (!flipped(*row)) continue;
    bool const worse = row->flips->right_to_wrong > row->flips->wrong_to_right;
    sentences.push_back(
        std::format("{} gives {} right answers than {}: {} right became wrong and {} wrong became right.",
                    code(row->round), worse ? "**fewer**" : "**more**", code(row->reference),
                    row->flips->right_to_wrong, row->flips->wrong_to_right));
  }
  bool const compared = std::ranges::any_of(rows, [](auto const* row) { return row->flips.has_value(); });
  if (sentences.empty() && compared)
    return "No round was found to give more or fewer right answers than the reference.";
  return join(sentences, " ");
}

std::string quality_table(std::vector<QualitySummary const*> const& rows) {
  TextTable table{.head = {"round", "requests", "score", "right", "against", "difference, points", "right → wrong",
                           "wrong → right", "p"},
                  .align = {Align::left, Align::right, Align::left, Align::right, Align::left, Align::left,
                            Align::right, Align::right, Align::right},
                  .rows = {}};
  for (auto const* row : rows) {
    std::string score = percent(row->score);
    if (row->ci95) score += std::format(" ({}–{})", percent((*row->ci95)[0]), percent((*row->ci95)[1]));
    std::string difference = row->difference ? points_text(*row->difference) : nothing;
    if (row->difference_ci95)
      difference +=
          std::format(" ({} to {})", points_text((*row->difference_ci95)[0]), points_text((*row->difference_ci95)[1]));
    table.rows.push_back({code(row->round), std::to_string(row->requests), std::move(score), std::to_string(row->right),
                          row->flips ? code(row->reference) : nothing, std::move(difference),
                          row->flips ? std::to_string(row->flips->right_to_wrong) : nothing,
                          row->flips ? std::to_string(row->flips->wrong_to_right) : nothing,
                          row->flips ? std::format("{:.2g}", row->flips->p_adjusted) : nothing});
  }
  return to_markdown(table);
}

std::string verdict_for(EquivalenceSummary const& row) {
  if (row.identical == row.requests) return "the same";
  if (row.verdict == "real") return "**another output**";
  if (row.verdict == "suspicious") return "**too many near-ties**";
  bool const exact = row.effect == "exact" && row.control_varied == 0 && row.control_requests > 0;    // it should be
  if (row.verdict == "near-ties") return exact ? "**not exact**, at near-ties only" : "the same but for near-ties";
  if (row.effect != "exact") return "differs";
  if (row.control_varied > 0) return "differs, as the reference does from itself";
  return row.control_requests > 0 ? "**not exact**" : "differs, with no control to judge by";
}

// The earliest that has a token; else the first; nullptr where there is none.
DivergenceSummary const* earliest(EquivalenceSummary const& row) {
  DivergenceSummary const* first = row.divergences.empty() ? nullptr : &row.divergences.front();
  for (auto const& divergence : row.divergences)
    if (divergence.token && (!first->token || *divergence.token < *first->token)) first = &divergence;
  return first;
}

std::string first_divergence(EquivalenceSummary const& row) {
  auto const* const first = earliest(row);
  if (first == nullptr) return nothing;
  return first->token ? std::format("token {}, {}", *first->token + 1, code(first->request)) : code(first->request);
}

// What follows from the table, where something does.
std::string conclusions(std::vector<EquivalenceSummary const*> const& rows) {
  std::string text;
  for (auto const* row : rows) {
    auto const* const first = earliest(*row);
    if (first == nullptr || row->effect != "exact" || row->control_varied > 0 || row->control_requests == 0) continue;
    auto const where = first->token ? std::format("at token {} of {}", *first->token + 1, code(first->request))
                                    : std::format("in {}", code(first->request));
    text +=
        std::format("- {} is **not exact**: {} of {} answers are not {}'s, in {} of {} requests; they part first {}.\n",
                    code(row->cell), row->differing, row->answers, code(row->reference), row->divergences.size(),
                    row->requests, where);
  }
  auto const& control = *rows[0];
  if (control.control_varied > 0)
    text += std::format(
        "- {} does **not repeat itself**: {} of {} requests that it answered more than once were not answered alike, greedy "
        "as they are. Sums may be taken in another order from time to time, or something is left over from the request "
        "before.\n",
        code(control.reference), control.control_varied, control.control_requests);
  return text.empty() ? text : text + "\n";
}

// What the table's numbers come from; nothing where all is the same.
std::string judgement(EquivalenceSummary const& row) {
  if (row.identical == row.requests) return {};
  std::vector<std::string> found;
  if (row.bound && row.near_ties > 0) {
    double largest = 0.0;
    for (auto const& divergence : row.divergences)
      if (divergence.verdict == "near-tie") largest = std::max(largest, divergence.margin.value_or(0.0));
    found.push_back(std::format(
        "where near-ties part, the reference's own token leads by {:.3g} logits at most, and the bound is {:.3g}",
        largest, *row.bound));
  }
  auto const defect = std::ranges::find(row.divergences, "real", &DivergenceSummary::verdict);
  if (defect != row.divergences.end() && defect->defect && defect->defect_margin)
    found.push_back(
        std::format("in the answer to {} another token leads token {} by {:.3g} logits, and the bound is {:.3g}",
                    code(defect->request), *defect->defect + 1, *defect->defect_margin, row.bound.value_or(0.0)));
  if (row.verdict == "suspicious")
    found.push_back(
        std::format("{} of {} requests part at near-ties, more than rounding explains", row.near_ties, row.requests));
  if (auto const open = std::ranges::count(row.divergences, "differs", &DivergenceSummary::verdict); open > 0)
    found.push_back(std::format("{} of the requests that part {} not judged{}", open, open == 1 ? "was" : "were",
                                row.reason.empty() ? "" : ": " + escaped(row.reason)));
  return found.empty() ? "" : std::format("- {}: {}.\n", code(row.round), join(found, "; "));
}

std::string equivalence_table(std::vector<EquivalenceSummary const*> const& rows) {
  TextTable table{.head = {"round", "against", "may", "requests", "identical", "answers that differ", "near-ties",
                           "real", "earliest difference", ""},
                  .align = {Align::left, Align::left, Align::left, Align::right, Align::right, Align::right,
                            Align::right, Align::right, Align::left, Align::left},
                  .rows = {}};
  for (auto const* row : rows)
    table.rows.push_back({code(row->round), code(row->reference),
                          row->effect == "exact" ? "change nothing" : "round otherwise", std::to_string(row->requests),
                          std::to_string(row->identical), std::format("{} of {}", row->differing, row->answers),
                          row->bound ? std::to_string(row->near_ties) : nothing,
                          row->bound ? std::to_string(row->real) : nothing, first_divergence(*row), verdict_for(*row)});
  return to_markdown(table);
}

}  // namespace

std::string quality_section(Summary const& summary) {
  if (summary.quality.empty() && summary.unscored.empty()) return {};
  std::string text =
      "## Right answers\n\n"
      "The answers of the timed trials, held against what the workload expects; of multiple choice (`acc`, `acc_norm`) the "
      "likelihoods of the choices, asked once a cell when the trials were over. A request counts once, however often it was "
      "answered; *right* is the full score in most of its answers. p is McNemar's exact test of the flips, held against "
      "those of the other rounds (Benjamini–Hochberg).\n\n";
  for (auto const& rows : tables_of(summary.quality)) {
    text += std::format("### {}, scored by {}\n\n", title_for(*rows[0]), code(rows[0]->scorer));
    if (auto const sentence = sentence_for(rows); !sentence.empty()) text += sentence + "\n\n";
    text += quality_table(rows) + "\n";
    int varied = 0;
    for (auto const* row : rows) varied += row->varied;
    if (varied > 0)
      text += std::format("Of {} requests (all rounds together) the answers did not all score the same.\n\n", varied);
  }
  for (auto const& one : summary.unscored)
    text += std::format("- {} of {}: not scored, {}: {}\n", one.what, code(one.cell), one.status, escaped(one.reason));
  return summary.unscored.empty() ? text : text + "\n";
}

std::string equivalence_section(Summary const& summary) {
  if (summary.equivalence.empty()) return {};
  std::string text =
      "## Same output\n\n"
      "Rounds whose flags should leave greedy output as it is, or only add up in another order, held against the reference "
      "request by request; *identical* are those whose every answer the reference gave as well. Where an answer parts, the "
      "reference reads it: at a *near-tie* no other token leads the answer's by more than the bound, which is twice the "
      "measured difference of logits between ways of evaluating the same tokens; one token beyond it, there or anywhere "
      "after, and the difference is *real*.\n\n";
  for (auto const& rows : tables_of(summary.equivalence)) {
    text += std::format("### {}\n\n{}{}\n", title_for(*rows[0]), conclusions(rows), equivalence_table(rows));
    std::string judgements;
    for (auto const* row : rows) judgements += judgement(*row);
    if (!judgements.empty()) text += judgements + "\n";
    auto const& control = *rows[0];
    text +=
        control.control_requests == 0
            ? std::format("No request was answered twice by {}, so there is no control.\n\n", code(control.reference))
            : std::format(
                  "Control: of {} requests that {} answered more than once, {} did not come out the same each "
                  "time.\n\n",
                  control.control_requests, code(control.reference), control.control_varied);
  }
  return text;
}

}  // namespace edgelab::report
