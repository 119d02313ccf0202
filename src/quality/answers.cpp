#include "quality/answers.hpp"

#include <algorithm>
#include <map>

#include "quality/scorers.hpp"

namespace edgelab::quality {

namespace {

std::map<std::string_view, std::size_t> requests_by_id(Workload const& workload) {
  std::map<std::string_view, std::size_t> by_id;
  for (std::size_t i = 0; i < workload.requests.size(); ++i) by_id[workload.requests[i].id] = i;
  return by_id;
}

}  // namespace

void AnswerBook::add(TrialResult const& trial, Timeline const& timeline) {
  if (trial.status != Status::ok || trial.planned.kind != TrialKind::timed) return;
  auto const cell = trial.planned.cell;
  if (cell >= plan_->cells.size()) return;
  auto const by_id = requests_by_id(plan_->experiment.workloads[plan_->cells[cell].workload]);
  auto const& rows = timeline.requests;
  auto const first = answers_.size();    // of this trial
  std::size_t emission = 0;
  std::size_t token = 0;
  for (std::size_t row = 0; row < rows.id.size(); ++row) {
    std::size_t tokens = 0;
    for (std::int32_t i = 0; i < rows.emissions[row]; ++i)
      tokens += static_cast<std::size_t>(timeline.emissions.tokens[emission++]);
    auto const begin = token;
    token += tokens;
    auto const found = by_id.find(rows.id[row]);
    if (found == by_id.end()) continue;
    Answer answer{.cell = cell,
                  .request = found->second,
                  .block = trial.planned.block,
                  .count = 1,
                  .text = rows.text[row],
                  .tokens = {},
                  .ended = row < rows.finish.size() && rows.finish[row] == "stop"};
    if (token <= timeline.token_ids.size())
      answer.tokens.assign(timeline.token_ids.begin() + static_cast<std::ptrdiff_t>(begin),
                           timeline.token_ids.begin() + static_cast<std::ptrdiff_t>(token));
    auto const before =
        std::find_if(answers_.begin() + static_cast<std::ptrdiff_t>(first), answers_.end(), [&](Answer const& other) {
          return other.request == answer.request && other.text == answer.text && other.tokens == answer.tokens;
        });
    if (before == answers_.end())
      answers_.push_back(std::move(answer));
    else
      ++before->count;
  }
}

std::optional<std::size_t> reference_of(Plan const& plan, std::size_t cell) {
  auto const& own = plan.cells[cell];
  if (!plan.experiment.quality.reference) return own.baseline;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    auto const& other = plan.cells[i];
    if (other.model == own.model && other.executor == own.executor && other.workload == own.workload &&
        plan.experiment.rounds[other.round].name == *plan.experiment.quality.reference)
      return i;
  }
  return std::nullopt;
}

std::vector<ScoredAnswer> score(Plan const& plan, std::vector<Answer> const& answers) {
  std::vector<ScoredAnswer> scored;
  for (auto const& answer : answers) {
    auto const& workload = plan.experiment.workloads[plan.cells[answer.cell].workload];
    auto const& expected = workload.requests[answer.request].expected;
    auto const* const scorer = find_scorer(workload.scorer);
    if (!expected || scorer == nullptr || scorer->score == nullptr) continue;
    if (auto const value = scorer->score(answer.text, *expected))
      scored.push_back({answer.cell, answer.request, answer.block, answer.count, *value});
  }
  return scored;
}

std::optional<Unusable> first_unusable(Workload const& workload) {
  auto const* const scorer = find_scorer(workload.scorer);
  if (scorer == nullptr || workload.requests.empty()) return std::nullopt;
  if (scorer->choose != nullptr) {
    auto const none = [](Request const& request) { return request.choices.empty(); };
    auto const bare = std::ranges::find_if(workload.requests,
                                           [&](Request const& request) { return request.expected && none(request); });
    if (bare != workload.requests.end()) return Unusable{bare->id, "it has no 'choices' to take it from"};
    if (std::ranges::all_of(workload.requests, none))
      return Unusable{workload.requests[0].id, "neither it nor any other request has 'choices'"};
    return std::nullopt;
  }
  for (auto const& request : workload.requests) {
    if (!request.expected) continue;
    if (auto const tried = scorer->score("", *request.expected); !tried)
      return Unusable{request.id, tried.error().describe()};
  }
  return std::nullopt;
}

}  // namespace edgelab::quality
