// Multiple choice by likelihood, with the names that the language model evaluation harness gives its two ways.
#include <algorithm>
#include <vector>

#include "quality/answers.hpp"
#include "quality/scorers.hpp"

namespace edgelab::quality {

namespace {

// max_element keeps the first of equals.
std::size_t largest(std::span<double const> values) {
  return static_cast<std::size_t>(std::ranges::max_element(values) - values.begin());
}

}  // namespace

std::size_t acc(std::span<double const> logprobs, std::span<std::string const>) { return largest(logprobs); }

std::size_t acc_norm(std::span<double const> logprobs, std::span<std::string const> choices) {
  std::vector<double> per_byte;
  for (std::size_t i = 0; i < logprobs.size(); ++i)
    per_byte.push_back(logprobs[i] / static_cast<double>(choices[i].size()));
  return largest(per_byte);
}

bool decides_by_choices(Workload const& workload) {
  auto const* const scorer = find_scorer(workload.scorer);
  return scorer != nullptr && scorer->choose != nullptr;
}

std::vector<ScoredAnswer> score_choices(Plan const& plan, std::span<ChoiceLikelihoods const> found) {
  std::vector<ScoredAnswer> scored;
  for (auto const& [cell, index, logprobs] : found) {
    if (cell >= plan.cells.size()) continue;
    auto const& workload = plan.experiment.workloads[plan.cells[cell].workload];
    if (!decides_by_choices(workload) || index >= workload.requests.size()) continue;
    auto const& request = workload.requests[index];
    if (!request.expected || request.choices.empty() || logprobs.size() != request.choices.size()) continue;
    auto const chosen = find_scorer(workload.scorer)->choose(logprobs, request.choices);
    scored.push_back({.cell = cell,
                      .request = index,
                      .block = 0,
                      .count = 1,
                      .score = request.choices[chosen] == *request.expected ? 1.0 : 0.0});
  }
  return scored;
}

}  // namespace edgelab::quality
