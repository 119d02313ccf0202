#include "stats/pareto.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "stats/inference.hpp"

namespace edgelab::stats {

namespace {

// Of all rounds that are compared, one figure in the sense "more is better", in which differences count: logarithms of
// metrics.
struct Measure {
  std::string name;
  bool blocks = true;                            // else one value a cell, which nothing resamples
  std::vector<BlockValues> values;               // one entry a cell of the plan
};

constexpr double same_memory = 0.01;  // of a logarithm, or of a score that was taken once

std::optional<Measure> measure_of(std::string const& name, Plan const& plan, std::vector<CellTrials> const& cells,
                                  std::span<Axis const> further, std::vector<std::size_t> const& group) {
  for (auto const& axis : further)
    if (axis.name == name && std::ranges::any_of(group, [&](std::size_t cell) { return !axis.values[cell].empty(); }))
      return Measure{name, axis.by_block, axis.values};
  auto const* const metric = find_metric(name);
  if (metric == nullptr) return std::nullopt;
  Measure measure{name, metric->source != Source::memory, {}};
  double const sign = metric->better == "higher" ? 1.0 : -1.0;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    auto& list = measure.values.emplace_back();
    for (auto const& [block, value] : values_of(*metric, cells[i], cells[plan.cells[i].baseline]))
      if (value > 0.0) list[block] = sign * std::log(value);
  }
  return measure;
}

bool overlapping(Workload const& workload) {
  return workload.arrivals.kind != Arrivals::Kind::closed || workload.arrivals.concurrency > 1;
}

std::vector<std::string> names_for(Plan const& plan, Workload const& workload, std::span<Axis const> further) {
  if (!plan.experiment.pareto.empty()) return plan.experiment.pareto;
  std::vector<std::string> names{overlapping(workload) ? "system_tps" : "decode_tps", "ttft_ms", "rss_peak_bytes"};
  for (auto const& axis : further)
    if (!std::ranges::contains(names, axis.name)) names.push_back(axis.name);
  return names;
}

// The members' values of one measure in the blocks that all of them have: [member][block].
using Matrix = std::vector<std::vector<double>>;

double mean_of(std::vector<double> const& values) { return mean_interval(values).estimate; }

bool beats_for_certain(std::vector<Measure> const& measures, std::vector<Matrix> const& matrices, std::size_t a,
                       std::size_t b, double level) {
  bool better = false;
  for (std::size_t m = 0; m < measures.size(); ++m) {
    auto const& left = matrices[m][a];
    auto const& right = matrices[m][b];
    std::vector<double> differences;
    for (std::size_t i = 0; i < left.size(); ++i) differences.push_back(left[i] - right[i]);
    auto const interval = mean_interval(differences, level);
    bool const known = measures[m].blocks;
    double const least = known ? 0.0 : same_memory;
    bool const same = known ? std::ranges::all_of(differences, [](double d) { return d == 0.0; })
                            : std::abs(interval.estimate) <= least;
    bool const more = known ? interval.ci95 && (*interval.ci95)[0] > 0.0 : interval.estimate > least;
    if (!same && !more) return false;
    better = better || more;
  }
  return better;
}

bool beats_in_means(std::vector<Measure> const& measures, Matrix const& means, std::size_t a, std::size_t b) {
  bool better = false;
  for (std::size_t m = 0; m < measures.size(); ++m) {
    double const least = measures[m].blocks ? 0.0 : same_memory;
    double const difference = means[a][m] - means[b][m];
    if (difference < -least) return false;
    better = better || difference > least;
  }
  return better;
}

// Share of resamples in which each member is on the front.
std::vector<double> probabilities(std::vector<Measure> const& measures, std::vector<Matrix> const& matrices,
                                  std::size_t members, std::size_t blocks, std::uint64_t seed) {
  constexpr int rounds = 1000;
  Resampler random(seed);
  std::vector<double> share(members, 0.0);
  std::vector<std::size_t> draw(blocks);
  Matrix means(members, std::vector<double>(measures.size()));
  for (int round = 0; round < rounds; ++round) {
    for (auto& block : draw) block = random.below(blocks);
    for (std::size_t i = 0; i < members; ++i)
      for (std::size_t m = 0; m < measures.size(); ++m) {
        if (!measures[m].blocks) {
          means[i][m] = matrices[m][i].front();
          continue;
        }
        double sum = 0.0;
        for (auto const block : draw) sum += matrices[m][i][block];
        means[i][m] = sum / static_cast<double>(blocks);
      }
    for (std::size_t i = 0; i < members; ++i) {
      bool beaten = false;
      for (std::size_t j = 0; j < members && !beaten; ++j) beaten = j != i && beats_in_means(measures, means, j, i);
      if (!beaten) share[i] += 1.0 / rounds;
    }
  }
  return share;
}

// Cells of one model, executor and workload, as indices of the plan.
std::vector<std::vector<std::size_t>> groups_of(Plan const& plan) {
  std::map<std::tuple<std::size_t, std::size_t, std::size_t>, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < plan.cells.size(); ++i)
    groups[{plan.cells[i].model, plan.cells[i].executor, plan.cells[i].workload}].push_back(i);
  std::vector<std::vector<std::size_t>> list;
  for (auto& [key, cells] : groups) list.push_back(std::move(cells));
  return list;
}

class Front {
 public:
  Front(Plan const& plan, std::vector<Measure> measures, std::vector<std::size_t> const& cells)
      : plan_(plan), measures_(std::move(measures)) {
    choose_members(cells);
    fill_matrices();
  }

  [[nodiscard]] bool says_anything() const { return members_.size() > 1 && measures_.size() > 1 && !blocks_.empty(); }

  [[nodiscard]] ParetoSummary summary() const {
    auto const& first = plan_.cells[members_[0]];
    auto const& experiment = plan_.experiment;
    ParetoSummary summary;
    summary.model = experiment.models.empty() ? "" : experiment.models[first.model].id;
    summary.executor = experiment.executors[first.executor].id;
    summary.workload = experiment.workloads[first.workload].id;
    for (auto const& measure : measures_) summary.metrics.push_back(measure.name);
    summary.blocks = static_cast<std::int32_t>(blocks_.size());
    summary.left_out = left_out_;
    double const level = t_level(experiment.protocol);
    auto const share = probabilities(measures_, matrices_, members_.size(), blocks_.size(), experiment.protocol.seed);
    for (std::size_t i = 0; i < members_.size(); ++i) {
      ParetoMember member{.round = name(members_[i]), .on_front = true, .probability = share[i], .dominated_by = {}};
      for (std::size_t j = 0; j < members_.size(); ++j)
        if (j != i && beats_for_certain(measures_, matrices_, j, i, level))
          member.dominated_by.push_back(name(members_[j]));
      member.on_front = member.dominated_by.empty();
      summary.members.push_back(std::move(member));
    }
    return summary;
  }

 private:
  [[nodiscard]] std::string const& name(std::size_t cell) const {
    return plan_.experiment.rounds[plan_.cells[cell].round].name;
  }

  // Cells with every measure, in more than half as many blocks as the one that has most: one that failed nearly always
  // would take its blocks from the others.
  void choose_members(std::vector<std::size_t> const& cells) {
    auto const fewest_blocks = [&](std::size_t cell) {
      std::size_t fewest = 0;
      bool any = false;
      for (auto const& measure : measures_) {
        auto const size = measure.values[cell].size();
        if (size == 0) return std::size_t{0};
        if (!measure.blocks) continue;
        fewest = any ? std::min(fewest, size) : size;
        any = true;
      }
      return fewest;
    };
    std::size_t most = 0;
    for (auto const cell : cells) most = std::max(most, fewest_blocks(cell));
    for (auto const cell : cells)
      if (auto const blocks = fewest_blocks(cell); blocks > 0 && blocks * 2 > most)
        members_.push_back(cell);
      else
        left_out_.push_back(name(cell));
  }

  void fill_matrices() {
    if (members_.empty()) return;
    auto const in_all = [&](std::int32_t block) {
      return std::ranges::all_of(measures_, [&](Measure const& measure) {
        return !measure.blocks ||
               std::ranges::all_of(members_, [&](std::size_t cell) { return measure.values[cell].contains(block); });
      });
    };
    auto const timed = std::ranges::find(measures_, true, &Measure::blocks);
    if (timed == measures_.end()) return;
    for (auto const& [block, value] : timed->values[members_[0]])
      if (in_all(block)) blocks_.push_back(block);
    for (auto const& measure : measures_) {
      auto& matrix = matrices_.emplace_back();
      for (auto const cell : members_) {
        auto& row = matrix.emplace_back();
        if (measure.blocks)
          for (auto const block : blocks_) row.push_back(measure.values[cell].at(block));
        else
          row.push_back(mean_of(list_of(measure.values[cell])));
      }
    }
  }

  Plan const& plan_;
  std::vector<Measure> measures_;
  std::vector<std::size_t> members_;  // cells
  std::vector<std::string> left_out_;  // rounds
  std::vector<std::int32_t> blocks_;
  std::vector<Matrix> matrices_;  // one a measure
};

}  // namespace

std::vector<ParetoSummary> pareto(Plan const& plan, std::span<TrialResult const> trials,
                                  std::span<Axis const> further) {
  auto const cells = by_cell(plan, trials);
  std::vector<ParetoSummary> found;
  for (auto const& group : groups_of(plan)) {
    std::vector<Measure> measures;
    for (auto const& name : names_for(plan, plan.experiment.workloads[plan.cells[group[0]].workload], further)) {
      auto measure = measure_of(name, plan, cells, further, group);
      bool const measured =
          measure && std::ranges::any_of(group, [&](std::size_t cell) { return !measure->values[cell].empty(); });
      // What nobody chose and nobody measured is no loss.
      if (measured) measures.push_back(std::move(*measure));
    }
    Front const front(plan, std::move(measures), group);
    if (front.says_anything()) found.push_back(front.summary());
  }
  return found;
}

}  // namespace edgelab::stats
