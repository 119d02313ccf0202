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

bool gave(Outputs const& outputs, Answer const& answer) {
  return std::ranges::any_of(outputs.ways, [&](Output const& way) { return same_output(answer, *way.answer); });
}

// REQUIRES tokens of both.
std::int32_t parting(Answer const& a, Answer const& b) {
  return static_cast<std::int32_t>(std::ranges::mismatch(a.tokens, b.tokens).in1 - a.tokens.begin());
}

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
    if (gave(reference, *way.answer)) continue;
    divergence.differing += way.count;
    if (!by_tokens(*way.answer, expected)) continue;
    auto const token = parting(*way.answer, expected);
    divergence.token = std::min(divergence.token.value_or(token), token);
  }
  summary.answers += divergence.answers;
  summary.differing += divergence.differing;
  if (divergence.differing > 0)
    summary.divergences.push_back(std::move(divergence));
  else
    ++summary.identical;
}

std::vector<ByRequest> outputs_of(Plan const& plan, std::vector<Answer> const& answers) {
  std::vector<ByRequest> outputs(plan.cells.size());
  for (auto const& answer : answers) outputs[answer.cell][answer.request].add(answer);
  return outputs;
}

// A cell of which the reference's output is expected.
struct Comparable {
  std::size_t cell = 0;
  std::size_t reference = 0;
  Effect effect = Effect::exact;
};

std::vector<Comparable> comparable(Plan const& plan, EffectOf const& effect_of) {
  std::vector<Comparable> found;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    auto const& cell = plan.cells[i];
    auto const reference = reference_of(plan, i);
    if (!reference || *reference == i || plan.experiment.workloads[cell.workload].sampling.temperature > 0.0) continue;
    auto const effect = effect_of_difference(cell, plan.cells[*reference], effect_of);
    if (effect && *effect != Effect::lossy) found.push_back({i, *reference, *effect});
  }
  return found;
}

}  // namespace

std::vector<EquivalenceSummary> equivalence(Plan const& plan, std::vector<Answer> const& answers,
                                            EffectOf const& effect_of) {
  auto const outputs = outputs_of(plan, answers);
  std::vector<EquivalenceSummary> found;
  auto const& experiment = plan.experiment;
  for (auto const& [own, reference, effect] : comparable(plan, effect_of)) {
    auto const& cell = plan.cells[own];
    auto const& workload = experiment.workloads[cell.workload];
    EquivalenceSummary summary;
    summary.cell = cell.id;
    summary.model = experiment.models.empty() ? "" : experiment.models[cell.model].id;
    summary.executor = experiment.executors[cell.executor].id;
    summary.workload = workload.id;
    summary.round = experiment.rounds[cell.round].name;
    summary.reference = experiment.rounds[plan.cells[reference].round].name;
    summary.effect = effect == Effect::exact ? "exact" : "rounding";
    summary.compared = "tokens";
    auto const& references = outputs[reference];
    for (auto const& [request, answered] : outputs[own])
      if (auto const other = references.find(request); other != references.end())
        compare(summary, workload.requests[request].id, answered, other->second);
    for (auto const& [request, control] : references) {
      if (control.answered < 2) continue;
      ++summary.control_requests;
      if (control.ways.size() > 1) ++summary.control_varied;
    }
    if (summary.identical == summary.requests) summary.verdict = "identical";
    if (summary.requests > 0) found.push_back(std::move(summary));
  }
  return found;
}

std::vector<Divergent> divergent(Plan const& plan, std::vector<Answer> const& answers, EffectOf const& effect_of) {
  auto const outputs = outputs_of(plan, answers);
  std::vector<Divergent> found;
  for (auto const& [own, reference, effect] : comparable(plan, effect_of)) {
    for (auto const& [request, answered] : outputs[own]) {
      auto const other = outputs[reference].find(request);
      if (other == outputs[reference].end()) continue;
      Answer const& expected = other->second.usual();
      for (auto const& way : answered.ways)
        if (by_tokens(*way.answer, expected) && !gave(other->second, *way.answer))
          found.push_back({own, reference, request, way.answer, way.count, parting(*way.answer, expected)});
    }
  }
  return found;
}

std::uint64_t key_of(Answer const& answer) {
  std::uint64_t key = 0xCBF29CE484222325U;    // FNV-1a
  auto const take = [&key](std::uint32_t value) {
    for (int shift = 0; shift < 32; shift += 8) key = (key ^ ((value >> shift) & 0xFFU)) * 0x100000001B3U;
  };
  for (auto const token : answer.tokens) take(static_cast<std::uint32_t>(token));
  take(answer.ended ? 1 : 0);
  return key;
}

}  // namespace edgelab::quality
