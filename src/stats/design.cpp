#include "stats/design.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <tuple>

#include "core/text.hpp"

namespace edgelab::stats {

namespace {

using Subset = std::uint32_t;                    // of factors, a bit each
constexpr std::size_t most_factors = 16;         // a full design of these is 65,536 rounds: more than a plan holds
constexpr std::size_t all_orders_up_to = 8;      // factors; with more, aliases are told up to four at once

Round const* named(Experiment const& experiment, std::string const& name) {
  auto const found = std::ranges::find(experiment.rounds, name, &Round::name);
  return found == experiment.rounds.end() ? nullptr : &*found;
}

// A round that sets what its parts set, over what the baseline sets, and no more.
bool is_sum_of_parts(Experiment const& experiment, Round const& round) {
  Flags sum;
  for (auto const& name : round.parts) {
    auto const* const part = named(experiment, name);
    if (part == nullptr) return false;
    sum.insert(part->flags.begin(), part->flags.end());
  }
  return sum == round.flags;
}

// Factors that stand in one combination belong together, and so do those that these stand with elsewhere.
class Groups {
 public:
  explicit Groups(std::size_t rounds) : of_(rounds) { std::iota(of_.begin(), of_.end(), std::size_t{0}); }
  std::size_t of(std::size_t round) const { return of_[round] == round ? round : of(of_[round]); }
  void join(std::size_t a, std::size_t b) { of_[std::max(of(a), of(b))] = std::min(of(a), of(b)); }

 private:
  std::vector<std::size_t> of_;
};

std::string term_name(FactorialDesign const& design, Subset subset) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < design.factors.size(); ++i)
    if ((subset >> i & 1U) != 0) names.push_back(design.factors[i]);
  return join(names, ":");
}

// The product of the factors' -1 and 1.
Column column_of(FactorialDesign const& design, Subset subset) {
  Column column;
  for (auto const& run : design.runs) {
    double value = 1.0;
    for (std::size_t i = 0; i < design.factors.size(); ++i)
      if ((subset >> i & 1U) != 0 && !run.with[i]) value = -value;
    column.push_back(value);
  }
  return column;
}

// By size, then in the order of the factors.
std::vector<Subset> subsets_of(std::size_t factors, int smallest, int largest) {
  std::vector<Subset> subsets;
  for (Subset subset = 0; subset < (Subset{1} << factors); ++subset)
    if (std::popcount(subset) >= smallest && std::popcount(subset) <= largest) subsets.push_back(subset);
  std::ranges::stable_sort(subsets, {}, [](Subset subset) { return std::popcount(subset); });
  return subsets;
}

}  // namespace

std::vector<FactorialDesign> designs_of(Plan const& plan, std::vector<bool> const& usable) {
  auto const& experiment = plan.experiment;
  auto const index_of = [&](std::string const& name) {
    return static_cast<std::size_t>(std::ranges::find(experiment.rounds, name, &Round::name) -
                                    experiment.rounds.begin());
  };
  Groups groups(experiment.rounds.size());
  std::vector<bool> combined(experiment.rounds.size());
  for (std::size_t i = 0; i < experiment.rounds.size(); ++i) {
    auto const& round = experiment.rounds[i];
    if (round.parts.size() < 2 || !is_sum_of_parts(experiment, round)) continue;
    combined[i] = true;
    for (auto const& part : round.parts) groups.join(index_of(round.parts[0]), index_of(part));
  }

  // By model, executor, workload and the first factor of the group.
  std::map<std::tuple<std::size_t, std::size_t, std::size_t, std::size_t>, FactorialDesign> designs;
  auto const design_of = [&](Cell const& cell, std::size_t factor) -> FactorialDesign& {
    return designs[{cell.model, cell.executor, cell.workload, groups.of(factor)}];
  };
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    auto const& cell = plan.cells[i];
    if (usable[i] && combined[cell.round]) {
      auto& design = design_of(cell, index_of(experiment.rounds[cell.round].parts[0]));
      for (auto const& part : experiment.rounds[cell.round].parts)
        if (!std::ranges::contains(design.factors, part)) design.factors.push_back(part);
    }
  }
  for (auto& [key, design] : designs) {
    std::ranges::sort(design.factors, {}, index_of);
    for (std::size_t i = 0; i < plan.cells.size(); ++i) {
      auto const& cell = plan.cells[i];
      auto const& round = experiment.rounds[cell.round];
      if (!usable[i] || std::tuple{cell.model, cell.executor, cell.workload} !=
                            std::tuple{std::get<0>(key), std::get<1>(key), std::get<2>(key)})
        continue;
      DesignRun run{.cell = i, .with = std::vector<bool>(design.factors.size())};
      bool const is_baseline = cell.baseline == i;
      bool const is_combination = combined[cell.round] && groups.of(index_of(round.parts[0])) == std::get<3>(key);
      for (std::size_t f = 0; f < design.factors.size(); ++f)
        run.with[f] = !is_baseline && (is_combination ? std::ranges::contains(round.parts, design.factors[f])
                                                      : round.name == design.factors[f]);
      if (is_baseline)
        design.runs.insert(design.runs.begin(), run);
      else if (std::ranges::contains(run.with, true))
        design.runs.push_back(run);
    }
  }
  std::vector<FactorialDesign> found;
  for (auto& [key, design] : designs)
    if (design.factors.size() <= most_factors && !design.runs.empty() &&
        plan.cells[design.runs[0].cell].baseline == design.runs[0].cell)
      found.push_back(std::move(design));
  return found;
}

DesignTerms terms_of(FactorialDesign const& design) {
  auto const factors = design.factors.size();
  auto const modelled = subsets_of(factors, 0, 2);
  std::vector<Column> columns;
  for (auto const subset : modelled) columns.push_back(column_of(design, subset));
  DesignTerms terms{.basis = basis_of(columns), .terms = {}, .order = {}};
  for (std::size_t row = 1; row < terms.basis.kept.size(); ++row) {
    auto const subset = modelled[terms.basis.kept[row]];
    terms.terms.push_back({term_name(design, subset), {}});
    terms.order.push_back(static_cast<std::size_t>(std::popcount(subset)));
  }

  // What is not fitted goes to where its own column would be fitted: the alias matrix (X'X)^-1 X' X2.
  auto const all = subsets_of(factors, 1, factors <= all_orders_up_to ? static_cast<int>(factors) : 4);
  for (auto const subset : all) {
    auto const at = std::ranges::find(modelled, subset);
    if (at != modelled.end() &&
        std::ranges::contains(terms.basis.kept, static_cast<std::size_t>(at - modelled.begin())))
      continue;
    auto const weights = coefficients(terms.basis, column_of(design, subset));
    for (std::size_t row = 1; row < weights.size(); ++row)
      if (std::abs(weights[row]) > 1e-6)
        terms.terms[row - 1].aliases.push_back({term_name(design, subset), weights[row]});
  }
  return terms;
}

}  // namespace edgelab::stats
