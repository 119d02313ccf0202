#include "support/turns.hpp"

#include <algorithm>
#include <cstddef>
#include <format>
#include <print>

namespace edgelab::bench {

namespace {

// With two sides: ab, ba, ba, ab, …: each goes first equally often, and linear drift cancels within four turns.
std::vector<std::size_t> order_of(int turn, std::size_t sides) {
  std::vector<std::size_t> order(sides);
  auto const first = static_cast<std::size_t>(turn / 2) % sides;
  for (std::size_t i = 0; i < sides; ++i) order[i] = (first + i) % sides;
  if (turn % 2 == 1) std::ranges::reverse(order);
  return order;
}

}  // namespace

Result<std::vector<Column>> take_turns(std::string_view title, std::span<Side const> sides, int turns) {
  auto const measured = [&](Side const& side, int turn) -> Result<double> {
    auto value = side.measure(turn);
    if (!value) return std::unexpected(std::move(value).error().within(std::format("measuring {}", side.name)));
    return value;
  };
  for (auto const& side : sides)
    if (side.warm_up == WarmUp::once) EDGELAB_CHECK(measured(side, 0));

  std::vector<Column> columns;
  for (auto const& side : sides) columns.push_back({side.name, {}});
  for (int turn = 0; turn < turns; ++turn) {
    for (auto const i : order_of(turn, sides.size())) {
      EDGELAB_TRY(value, measured(sides[i], turn));
      columns[i].values.push_back(value);
    }
    std::string line;
    for (auto const& column : columns) line += std::format("  {} {:.2f}", column.name, column.values.back());
    std::println(stderr, "  {}, {:2}/{}:{}", title, turn + 1, turns, line);
  }
  return columns;
}

}  // namespace edgelab::bench
