// Timelines, plans and trials for the tests of stats and report.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "types/plan.hpp"
#include "types/timeline.hpp"
#include "types/trial.hpp"

namespace edgelab::testing {

struct SampleEmission {
  std::int64_t gap_ms = 0;
  std::int32_t tokens = 1;
};

struct SampleRequest {
  std::int64_t arrival_ms = 0;       // after the request before
  std::int64_t admitted_ms = 0;
  std::int64_t prefill_ms = 0;
  std::int32_t prompt_tokens = 0;
  std::int32_t cached_tokens = 0;
  std::vector<SampleEmission> emissions{};
};

// A request ends with its last emission, or when its prompt is ready.
inline void append(Timeline& timeline, SampleRequest const& request) {
  constexpr std::int64_t ms = 1'000'000;
  auto& r = timeline.requests;
  std::int64_t end_ms = 0;
  for (auto const& emission : request.emissions) {
    timeline.emissions.gap_ns.push_back(emission.gap_ms * ms);
    timeline.emissions.tokens.push_back(emission.tokens);
    end_ms += emission.gap_ms;
  }
  if (request.admitted_ms + request.prefill_ms > end_ms) end_ms = request.admitted_ms + request.prefill_ms;
  r.id.push_back("r" + std::to_string(r.id.size()));
  r.pass.push_back(0);
  r.arrival_ns.push_back(request.arrival_ms * ms);
  r.admitted_ns.push_back(request.admitted_ms * ms);
  r.prefill_end_ns.push_back(request.prefill_ms * ms);
  r.end_ns.push_back(end_ms * ms);
  r.prompt_tokens.push_back(request.prompt_tokens);
  r.cached_tokens.push_back(request.cached_tokens);
  r.emissions.push_back(static_cast<std::int32_t>(request.emissions.size()));
  r.finish.emplace_back("length");
  r.text.emplace_back("text");
}

inline Timeline timeline_of(std::vector<SampleRequest> const& requests) {
  Timeline timeline;
  for (auto const& request : requests) append(timeline, request);
  return timeline;
}

struct SampleStep {
  std::int64_t duration_ms = 0;
  std::int32_t prefill = 0;
  std::int32_t decode = 0;
  std::int32_t drafted = 0;
  std::int32_t accepted = 0;
};

inline void append(Timeline& timeline, SampleStep const& step) {
  auto& s = timeline.steps;
  s.start_ns.push_back(s.start_ns.empty() ? 0 : s.duration_ns.back());
  s.duration_ns.push_back(step.duration_ms * 1'000'000);
  s.prefill_tokens.push_back(step.prefill);
  s.decode_tokens.push_back(step.decode);
  s.drafted.push_back(step.drafted);
  s.accepted.push_back(step.accepted);
}

// One model, executor and workload; a cell a round; the first round is the baseline.
inline Plan plan_of(std::vector<Round> rounds) {
  Plan plan;
  auto& experiment = plan.experiment;
  experiment.name = "sample";
  experiment.models.resize(1);
  experiment.models[0].id = "demo";
  experiment.executors.resize(1);
  experiment.executors[0].id = "llama";
  experiment.executors[0].kind = "llama";
  experiment.workloads.resize(1);
  experiment.workloads[0].id = "extract";
  experiment.rounds = std::move(rounds);
  for (std::size_t i = 0; i < experiment.rounds.size(); ++i) {
    Cell cell;
    cell.id = "demo/llama/extract/" + experiment.rounds[i].name;
    cell.round = i;
    plan.cells.push_back(cell);
  }
  return plan;
}

inline Round round_of(std::string name, std::string category, Flags flags = {}) {
  Round round;
  round.name = std::move(name);
  round.category = std::move(category);
  round.flags = std::move(flags);
  return round;
}

inline TrialResult trial_of(std::size_t cell, std::int32_t block, std::map<std::string, double> const& metrics,
                            TrialKind kind = TrialKind::timed) {
  TrialResult trial;
  trial.planned.cell = cell;
  trial.planned.block = block;
  trial.planned.kind = kind;
  for (auto const& [name, value] : metrics) trial.metrics.push_back({name, value});
  return trial;
}

inline TrialResult bad_trial(std::size_t cell, std::int32_t block, Status status, std::string reason,
                             TrialKind kind = TrialKind::timed) {
  auto trial = trial_of(cell, block, {}, kind);
  trial.status = status;
  trial.reason = std::move(reason);
  return trial;
}

}  // namespace edgelab::testing
