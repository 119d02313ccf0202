#include "llama/covering.hpp"

#include <utility>

namespace edgelab::test {

namespace {

using Row = std::vector<std::size_t>;   // a value of each parameter

Flags flags_of(std::vector<Parameter> const& parameters, Row const& row) {
  Flags flags;
  for (std::size_t p = 0; p < parameters.size(); ++p) flags[parameters[p].flag] = parameters[p].values[row[p]];
  return flags;
}

void for_each_row(std::vector<Parameter> const& parameters, std::function<void(Row const&)> const& visit) {
  Row row(parameters.size(), 0);
  for (;;) {
    visit(row);
    std::size_t p = 0;
    while (p < row.size() && ++row[p] == parameters[p].values.size()) row[p++] = 0;
    if (p == row.size()) return;
  }
}

}  // namespace

std::vector<Flags> all_combinations(std::vector<Parameter> const& parameters,
                                    std::function<bool(Flags const&)> const& allowed) {
  std::vector<Flags> all;
  for_each_row(parameters, [&](Row const& row) {
    auto flags = flags_of(parameters, row);
    if (allowed(flags)) all.push_back(std::move(flags));
  });
  return all;
}

std::vector<Flags> covering_array(std::vector<Parameter> const& parameters,
                                  std::function<bool(Flags const&)> const& allowed) {
  std::vector<std::size_t> offset{0};   // a value's number: its parameter's offset and its place
  for (auto const& parameter : parameters) offset.push_back(offset.back() + parameter.values.size());
  std::vector<char> open(offset.back() * offset.back(), 0);   // by the numbers of two values
  auto const for_each_pair = [&](Row const& row, auto const& visit) {
    for (std::size_t a = 0; a < row.size(); ++a)
      for (std::size_t b = a + 1; b < row.size(); ++b) visit(open[(offset[a] + row[a]) * offset.back() + offset[b] + row[b]]);
  };
  std::vector<Row> rows;
  for_each_row(parameters, [&](Row const& row) {
    if (!allowed(flags_of(parameters, row))) return;
    rows.push_back(row);
    for_each_pair(row, [](char& pair) { pair = 1; });
  });
  std::vector<Flags> chosen;
  for (;;) {
    Row const* best = nullptr;
    int most = 0;
    for (auto const& row : rows) {
      int gain = 0;
      for_each_pair(row, [&](char pair) { gain += pair; });
      if (gain <= most) continue;
      most = gain;
      best = &row;
    }
    if (best == nullptr) return chosen;
    for_each_pair(*best, [](char& pair) { pair = 0; });
    chosen.push_back(flags_of(parameters, *best));
  }
}

}  // namespace edgelab::test
