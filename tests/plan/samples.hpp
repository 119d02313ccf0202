// A plan to vary: two models, one executor, two workloads, four rounds; one combination is refused.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "plan/plan.hpp"

namespace edgelab::plan {

inline Workload sample_workload(std::string id, std::size_t requests) {
  Workload workload;
  workload.id = std::move(id);
  for (std::size_t i = 0; i < requests; ++i) {
    Request request;
    request.id = std::to_string(i);
    request.prompt = "prompt";
    workload.requests.push_back(request);
  }
  return workload;
}

inline Round sample_round(std::string name, std::string category, Flags flags = {}, std::vector<std::string> versus = {}) {
  Round round;
  round.name = std::move(name);
  round.category = std::move(category);
  round.flags = std::move(flags);
  round.versus = std::move(versus);
  return round;
}

inline Experiment sample_experiment() {
  Experiment experiment;
  experiment.name = "sample";
  for (auto const* id : {"one", "two"}) {
    Model model;
    model.id = id;
    experiment.models.push_back(model);
  }
  experiment.executors = {{.id = "llama", .kind = "llama", .command = {}}};
  experiment.workloads = {sample_workload("w", 20), sample_workload("v", 5)};
  experiment.rounds = {sample_round("base", "baseline"), sample_round("fast", "custom", {{"speed", "2"}}),
                       sample_round("small", "custom", {{"memory", "low"}}, {"fast", "base"}),
                       sample_round("broken", "custom", {{"memory", "negative"}})};
  return experiment;
}

inline FlagRules sample_rules() {
  return {.resolve =
              [](Flags flags) {
                flags.try_emplace("speed", "1");
                flags.try_emplace("memory", "high");
                return flags;
              },
          .refusal = [](Flags const& flags, Model const& model) -> std::optional<std::string> {
            if (flags.at("memory") == "negative") return "there is no negative memory for " + model.id;
            return std::nullopt;
          }};
}

inline Plan sample_plan(Experiment experiment = sample_experiment()) {
  auto plan = make_plan(std::move(experiment), sample_rules());
  if (plan) return *std::move(plan);
  ADD_FAILURE() << plan.error().describe();
  return {};
}

}  // namespace edgelab::plan
