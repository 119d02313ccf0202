#include "report/groups.hpp"

#include <algorithm>
#include <cmath>

namespace edgelab::report {

std::vector<Group> groups_of(Summary const& summary) {
  std::vector<Group> groups;
  for (auto const& cell : summary.cells) {
    auto group = std::ranges::find_if(groups, [&](Group const& g) {
      return g.model == cell.model && g.executor == cell.executor && g.workload == cell.workload;
    });
    if (group == groups.end()) group = groups.insert(groups.end(), {cell.model, cell.executor, cell.workload, {}});
    group->cells.push_back(&cell);
  }
  for (auto& group : groups) {
    std::vector<std::string> categories{"baseline"};
    for (auto const* cell : group.cells)
      if (!std::ranges::contains(categories, cell->category)) categories.push_back(cell->category);
    std::ranges::stable_sort(group.cells, {}, [&](CellSummary const* cell) {
      return std::ranges::find(categories, cell->category) - categories.begin();
    });
  }
  return groups;
}

bool is_baseline(CellSummary const& cell) { return cell.category == "baseline"; }

MetricSummary const* find(std::vector<MetricSummary> const& metrics, std::string_view name) {
  auto const found = std::ranges::find(metrics, name, &MetricSummary::name);
  return found == metrics.end() ? nullptr : &*found;
}

RatioSummary const* find(std::vector<RatioSummary> const& ratios, std::string_view name) {
  auto const found = std::ranges::find(ratios, name, &RatioSummary::name);
  return found == ratios.end() ? nullptr : &*found;
}

bool is_concurrent(Group const& group) {
  // One request after another, a system makes fewer tokens a second than its decoding alone does.
  return std::ranges::any_of(group.cells, [](CellSummary const* cell) {
    auto const* system = find(cell->metrics, "system_tps");
    auto const* decode = find(cell->metrics, "decode_tps");
    return system != nullptr && decode != nullptr && system->mean > 1.1 * decode->mean;
  });
}

std::optional<OtherLength> other_length(Group const& group, CellSummary const& cell) {
  constexpr double least = 0.01;
  constexpr std::string_view name = "output_tokens";
  if (is_baseline(cell) || cell.status != "ok" || group.cells.empty() || !is_baseline(*group.cells[0]))
    return std::nullopt;
  auto const* own = find(cell.metrics, name);
  auto const* baseline = find(group.cells[0]->metrics, name);
  if (own == nullptr || baseline == nullptr) return std::nullopt;
  auto const* ratio = find(cell.vs_baseline, name);    // none where nothing was generated
  if (ratio != nullptr && std::abs(ratio->ratio - 1.0) < least) return std::nullopt;
  if (ratio != nullptr && ratio->ci95 && (*ratio->ci95)[0] <= 1.0 && (*ratio->ci95)[1] >= 1.0) return std::nullopt;
  if (ratio == nullptr && own->mean == baseline->mean) return std::nullopt;
  return OtherLength{own->mean, baseline->mean};
}

std::vector<std::string> headline_metrics(Group const& group) {
  auto const any_has = [&](std::string_view name) {
    return std::ranges::any_of(group.cells,
                               [&](CellSummary const* cell) { return find(cell->metrics, name) != nullptr; });
  };
  std::vector<std::string> metrics;
  if (is_concurrent(group)) metrics.emplace_back("system_tps");
  for (auto const* name : {"decode_tps", "ttft_ms"})
    if (any_has(name)) metrics.emplace_back(name);
  // At the baseline's length, so that a round that stops early does not look fast.
  if (any_has("e2e_norm_ms"))
    metrics.emplace_back("e2e_norm_ms");
  else if (any_has("e2e_ms"))
    metrics.emplace_back("e2e_ms");
  for (auto const* name : {"rss_peak_bytes", "kv_cache_bytes"})
    if (any_has(name)) metrics.emplace_back(name);
  return metrics;
}

std::vector<RatioSummary*> concluded(Summary& summary) {
  std::vector<RatioSummary*> found;
  for (auto const& group : groups_of(summary)) {
    auto const metrics = headline_metrics(group);
    auto const add = [&](std::vector<RatioSummary>& ratios) {
      for (auto& ratio : ratios)
        if (ratio.ci95 && std::ranges::contains(metrics, ratio.name)) found.push_back(&ratio);
    };
    for (auto& cell : summary.cells) {
      if (!std::ranges::contains(group.cells, &cell)) continue;
      add(cell.vs_baseline);
      for (auto& versus : cell.versus) add(versus.ratios);
    }
  }
  return found;
}

}  // namespace edgelab::report
