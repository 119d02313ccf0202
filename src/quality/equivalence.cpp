#include <algorithm>
#include <map>
#include <set>

#include "quality/answers.hpp"

namespace edgelab::quality {

namespace {

// One way in which a request was answered.
struct Output {
  Answer const* answer = nullptr;
  std::int32_t count = 0;
};

// All ways in which a cell answered a request, in the order of the blocks.
struct Outputs {
  std::vector<Output> ways;
  std::int32_t answered = 0;

  void add(Answer const& answer) {
    answered += answer.count;
    auto const known = std::ranges::find_if(ways, [&](Output const& way) {
      return way.answer->text == answer.text && way.answer->tokens == answer.tokens;
    });
    if (known == ways.end())
      ways.push_back({&answer, answer.count});
    else
      known->count += answer.count;
  }

  // max_element keeps the first of equals.
  [[nodiscard]] Answer const& usual() const { return *std::ranges::max_element(ways, {}, &Output::count)->answer; }
};

using ByRequest = std::map<std::size_t, Outputs>;

// The most that the flags which differ may do. Nullopt: what one of them does is not known.
std::optional<Effect> effect_of_difference(Cell const& cell, Cell const& reference, EffectOf const& effect_of) {
  std::set<std::string> names;
  for (auto const* flags : {&cell.resolved, &reference.resolved})
    for (auto const& [name, value] : *flags) names.insert(name);
  auto most = Effect::exact;
  for (auto const& name : names) {
    auto const a = cell.resolved.find(name);
    auto const b = reference.resolved.find(name);
    bool const same = a != cell.resolved.end() && b != reference.resolved.end() && a->second == b->second;
    if (same) continue;
    auto const effect = effect_of(name);
    if (!effect) return std::nullopt;
    most = std::max(most, *effect);
  }
  return most;
}

bool has_tokens(Answer const& answer) { return !answer.tokens.empty() || answer.text.empty(); }

bool by_tokens(Answer const& a, Answer const& b) { return has_tokens(a) && has_tokens(b); }

bool same_output(Answer const& a, Answer const& b) { return by_tokens(a, b) ? a.tokens == b.tokens : a.text == b.text; }

// Every way of answering counts, not the usual one alone: a defect that strikes once in a thousand tokens strikes each
// request seldom.
void compare(EquivalenceSummary& summary, std::string const& request, Outputs const& own, Outputs const& reference) {
  ++summary.requests;
  DivergenceSummary divergence;
  divergence.request = request;
  divergence.answers = own.answered;
  Answer const& expected = reference.usual();
  for (auto const& way : own.ways) {
    if (!by_tokens(*way.answer, expected)) summary.compared = "text";
    if (std::ranges::any_of(reference.ways,
                            [&](Output const& other) { return same_output(*way.answer, *other.answer); }))
      continue;
    divergence.differing += way.count;
    if (!by_tokens(*way.answer, expected)) continue;
    auto const parts = std::ranges::mismatch(way.answer->tokens, expected.tokens);
    auto const token = static_cast<std::int32_t>(parts.in1 - way.answer->tokens.begin());
    divergence.token = std::min(divergence.token.value_or(token), token);
  }
  summary.answers += divergence.answers;
  summary.differing += divergence.differing;
  if (divergence.differing > 0)
    summary.divergences.push_back(std::move(divergence));
  else
    ++summary.identical;
}

}  // namespace

std::vector<EquivalenceSummary> equivalence(Plan const& plan, std::vector<Answer> const& answers,
                                            EffectOf const& effect_of) {
  std::vector<ByRequest> outputs(plan.cells.size());
  for (auto const& answer : answers) outputs[answer.cell][answer.request].add(answer);

  std::vector<EquivalenceSummary> found;
  auto const& experiment = plan.experiment;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    auto const& cell = plan.cells[i];
    auto const reference = reference_of(plan, i);
    auto const& workload = experiment.workloads[cell.workload];
    if (!reference || *reference == i || workload.sampling.temperature > 0.0) continue;
    auto const effect = effect_of_difference(cell, plan.cells[*reference], effect_of);
    if (!effect || *effect == Effect::lossy) continue;

    EquivalenceSummary summary;
    summary.cell = cell.id;
    summary.model = experiment.models.empty() ? "" : experiment.models[cell.model].id;
    summary.executor = experiment.executors[cell.executor].id;
    summary.workload = workload.id;
    summary.round = experiment.rounds[cell.round].name;
    summary.reference = experiment.rounds[plan.cells[*reference].round].name;
    summary.effect = *effect == Effect::exact ? "exact" : "rounding";
    summary.compared = "tokens";
    auto const& references = outputs[*reference];
    for (auto const& [request, own] : outputs[i])
      if (auto const other = references.find(request); other != references.end())
        compare(summary, workload.requests[request].id, own, other->second);
    for (auto const& [request, control] : references) {
      if (control.answered < 2) continue;
      ++summary.control_requests;
      if (control.ways.size() > 1) ++summary.control_varied;
    }
    if (summary.requests > 0) found.push_back(std::move(summary));
  }
  return found;
}

}  // namespace edgelab::quality
