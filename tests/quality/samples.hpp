// Trials that answered something.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "types/plan.hpp"
#include "types/trial.hpp"

namespace edgelab::testing {

// One workload with requests q0, q1, …; a cell a round; the first round is the baseline.
inline Plan plan_with(std::vector<std::string> const& rounds, int requests) {
  Plan plan;
  auto& experiment = plan.experiment;
  experiment.models.resize(1);
  experiment.models[0].id = "demo";
  experiment.executors.resize(1);
  experiment.executors[0].id = "llama";
  experiment.workloads.resize(1);
  experiment.workloads[0].id = "w";
  for (int i = 0; i < requests; ++i) {
    Request request;
    request.id = "q" + std::to_string(i);
    experiment.workloads[0].requests.push_back(request);
  }
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    Round round;
    round.name = rounds[i];
    round.category = i == 0 ? "baseline" : "custom";
    experiment.rounds.push_back(round);
    Cell cell;
    cell.id = "demo/llama/w/" + rounds[i];
    cell.round = i;
    plan.cells.push_back(cell);
  }
  return plan;
}

struct Said {
  std::string request;
  std::string text;
  std::vector<std::int32_t> tokens{};    // one emission each
};

inline TrialResult answered(std::size_t cell, std::int32_t block, std::vector<Said> const& list) {
  TrialResult trial;
  trial.planned.cell = cell;
  trial.planned.block = block;
  auto& timeline = trial.timeline;
  for (auto const& said : list) {
    timeline.requests.id.push_back(said.request);
    timeline.requests.text.push_back(said.text);
    timeline.requests.emissions.push_back(static_cast<std::int32_t>(said.tokens.empty() ? 1 : said.tokens.size()));
    for (std::size_t i = 0; i < std::max<std::size_t>(said.tokens.size(), 1); ++i) {
      timeline.emissions.gap_ns.push_back(1);
      timeline.emissions.tokens.push_back(1);
    }
    timeline.token_ids.insert(timeline.token_ids.end(), said.tokens.begin(), said.tokens.end());
  }
  return trial;
}

}  // namespace edgelab::testing
