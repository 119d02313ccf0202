#include "plan/lanes.hpp"

#include <algorithm>

namespace edgelab::plan {

namespace {

void add(std::vector<Lane>& lanes, Plan const& plan, std::size_t cell) {
  auto const& executor = plan.experiment.executors[plan.cells[cell].executor];
  bool const far = executor.kind == "remote";
  auto const device = far ? executor.device : std::string{};
  auto found = std::ranges::find(lanes, device, &Lane::device);
  if (found == lanes.end()) {
    Cells const none(plan.cells.size(), false);
    Lane lane{.device = device, .cells = none, .decisive = none};
    found = lanes.insert(far ? lanes.end() : lanes.begin(), std::move(lane));
  }
  found->cells[cell] = true;
}

}  // namespace

std::vector<Lane> lanes_of(Plan const& plan) {
  std::vector<std::size_t> order(plan.cells.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {}, [&](std::size_t cell) { return plan.cells[cell].executor; });
  std::vector<Lane> lanes;
  for (auto const cell : order) add(lanes, plan, cell);
  if (lanes.empty()) lanes.emplace_back();
  for (auto& lane : lanes) lane.decisive = lane.cells;
  for (std::size_t cell = 0; cell < plan.cells.size(); ++cell)
    for (auto const other : plan.cells[cell].versus) {
      lanes[lane_of(lanes, cell)].decisive[other] = true;
      lanes[lane_of(lanes, other)].decisive[cell] = true;
    }
  return lanes;
}

std::size_t lane_of(std::vector<Lane> const& lanes, std::size_t cell) {
  return static_cast<std::size_t>(
      std::ranges::find_if(lanes, [&](Lane const& lane) { return lane.cells[cell]; }) - lanes.begin());
}

std::string name_of(Lane const& lane) { return lane.device.empty() ? "this machine" : lane.device; }

}  // namespace edgelab::plan
