#include "plan/plan.hpp"

#include <algorithm>
#include <format>
#include <map>
#include <tuple>
#include <utility>

#include "plan/random.hpp"

namespace edgelab::plan {

namespace {

constexpr std::size_t max_cells = 100'000;

bool runs_on(Workload const& workload, std::vector<Round> const& rounds, std::size_t round, std::size_t baseline) {
  if (round == baseline || workload.rounds.empty()) return true;
  return std::ranges::contains(workload.rounds, rounds[round].name);
}

Flags asked_flags(Workload const& workload, Round const& round) {
  Flags asked = round.flags;
  if (workload.parallel) asked.try_emplace("parallel", std::to_string(*workload.parallel));
  return asked;
}

// The purposes of seeds: what is drawn for one never depends on another.
enum class Purpose : std::uint64_t { order = 1, draws = 2 };

std::uint64_t seed_for(Protocol const& protocol, Purpose purpose, TrialKind kind, std::int32_t block) {
  // Kinds apart, so that a further warm-up changes no timed block.
  auto const number = static_cast<std::uint64_t>(kind) << 32U | static_cast<std::uint32_t>(block);
  return derive_seed(protocol.seed, static_cast<std::uint64_t>(purpose), number);
}

}  // namespace

Result<Plan> make_plan(Experiment experiment, FlagRules const& rules) {
  if (experiment.models.empty()) return fail("nothing to run: the experiment has no model");
  if (experiment.executors.empty()) return fail("nothing to run: the experiment has no executor");
  if (experiment.workloads.empty()) return fail("nothing to run: the experiment has no workload");
  if (experiment.rounds.empty()) return fail("nothing to run: the experiment has no round");
  auto const first_baseline = std::ranges::find(experiment.rounds, "baseline", &Round::category);
  if (first_baseline == experiment.rounds.end()) {
    return fail("nothing to compare with: the experiment has no round of category baseline");
  }
  auto const baseline = static_cast<std::size_t>(first_baseline - experiment.rounds.begin());
  double const most = static_cast<double>(experiment.models.size()) * static_cast<double>(experiment.executors.size()) *
                      static_cast<double>(experiment.workloads.size()) * static_cast<double>(experiment.rounds.size());
  if (most > static_cast<double>(max_cells)) {
    return fail(std::format("models x executors x workloads x rounds are {:.0f} cells: expected at most {}", most, max_cells));
  }

  Plan plan;
  std::map<std::tuple<std::size_t, std::size_t, std::size_t, std::string>, std::size_t> index_of;
  for (std::size_t m = 0; m < experiment.models.size(); ++m) {
    for (std::size_t e = 0; e < experiment.executors.size(); ++e) {
      for (std::size_t w = 0; w < experiment.workloads.size(); ++w) {
        for (std::size_t r = 0; r < experiment.rounds.size(); ++r) {
          auto const& workload = experiment.workloads[w];
          auto const& round = experiment.rounds[r];
          if (!runs_on(workload, experiment.rounds, r, baseline)) continue;
          Cell cell;
          cell.id = std::format("{}/{}/{}/{}", experiment.models[m].id, experiment.executors[e].id, workload.id, round.name);
          cell.model = m;
          cell.executor = e;
          cell.workload = w;
          cell.round = r;
          cell.resolved = rules.resolve(asked_flags(workload, round));
          cell.refused = rules.refusal(cell.resolved, experiment.models[m]);
          index_of.emplace(std::tuple{m, e, w, round.name}, plan.cells.size());
          plan.cells.push_back(std::move(cell));
        }
      }
    }
  }
  if (index_of.size() != plan.cells.size()) return fail("two rounds have one name");

  for (auto& cell : plan.cells) {
    auto const neighbour = [&](std::string const& round) { return index_of.find({cell.model, cell.executor, cell.workload, round}); };
    cell.baseline = neighbour(experiment.rounds[baseline].name)->second;
    for (auto const& name : experiment.rounds[cell.round].versus) {
      auto const other = neighbour(name);
      if (other != index_of.end() && other->second != cell.baseline) cell.versus.push_back(other->second);
    }
    for (auto const& name : experiment.executors[cell.executor].versus) {
      auto const executor = std::ranges::find(experiment.executors, name, &ExecutorSpec::id);
      auto const at = static_cast<std::size_t>(executor - experiment.executors.begin());
      auto const other = index_of.find({cell.model, at, cell.workload, experiment.rounds[cell.round].name});
      if (other != index_of.end()) cell.versus.push_back(other->second);
    }
  }
  plan.experiment = std::move(experiment);
  return plan;
}

std::vector<PlannedTrial> block_trials(Plan const& plan, TrialKind kind, std::int32_t block) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    if (!plan.cells[i].refused) order.push_back(i);
  }
  auto const& protocol = plan.experiment.protocol;
  Random random(seed_for(protocol, Purpose::order, kind, block));
  shuffle(order, random, order.size());
  auto const draws = seed_for(protocol, Purpose::draws, kind, block);
  std::vector<PlannedTrial> trials;
  trials.reserve(order.size());
  for (auto const cell : order) {
    auto const position = static_cast<std::int32_t>(trials.size());
    trials.push_back({.kind = kind, .block = block, .position = position, .cell = cell, .seed = draws});
  }
  return trials;
}

PlannedTrial sustained_trial(Plan const& plan, std::size_t cell, std::int32_t number) {
  // The same requests in all of them, so that nothing but time lies between one and the next.
  auto const draws = seed_for(plan.experiment.protocol, Purpose::draws, TrialKind::sustained, 0);
  return {.kind = TrialKind::sustained, .block = number, .position = 0, .cell = cell, .seed = draws};
}

std::vector<std::size_t> sustained_cells(Plan const& plan) {
  std::vector<std::size_t> cells;
  auto const& wanted = plan.experiment.protocol.sustained;
  if (!wanted) return cells;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    auto const& cell = plan.cells[i];
    if (!cell.refused && plan.experiment.rounds[cell.round].name == wanted->round &&
        plan.experiment.workloads[cell.workload].id == wanted->workload)
      cells.push_back(i);
  }
  return cells;
}

}  // namespace edgelab::plan
