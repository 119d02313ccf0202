#include "stats/gaps.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace edgelab::stats {

namespace {

constexpr std::array quantiles{0.50, 0.95, 0.99};

struct Gap {
  double ns = 0.0;            // between two neighbours
  std::int64_t weight = 0;    // how many such gaps
};

// Hyndman and Fan's type 7, as stats::quantile, over `gaps` repeated by weight: an emission of many tokens need
// not be spelled out. REQUIRES a non-empty list sorted by ns.
std::array<double, 3> weighted_quantiles(std::vector<Gap> const& gaps, std::int64_t total) {
  std::array<double, 3> values{};
  std::size_t at = 0;
  std::int64_t before = 0;    // weight of all gaps before `at`
  for (std::size_t q = 0; q < quantiles.size(); ++q) {
    double const position = quantiles[q] * static_cast<double>(total - 1);
    auto const low = static_cast<std::int64_t>(std::floor(position));
    while (before + gaps[at].weight <= low) before += gaps[at++].weight;
    bool const next_is_same = before + gaps[at].weight > low + 1 || at + 1 == gaps.size();
    double const upper = next_is_same ? gaps[at].ns : gaps[at + 1].ns;
    values[q] = std::lerp(gaps[at].ns, upper, position - static_cast<double>(low));
  }
  return values;
}

// The same where every weight is 1, in linear time: quantiles rise, so each selection works on what the one
// before has left to its right.
std::array<double, 3> plain_quantiles(std::vector<Gap>& gaps) {
  std::array<double, 3> values{};
  auto left = gaps.begin();
  for (std::size_t q = 0; q < quantiles.size(); ++q) {
    double const position = quantiles[q] * static_cast<double>(gaps.size() - 1);
    auto const low = static_cast<std::ptrdiff_t>(std::floor(position));
    auto const nth = gaps.begin() + low;
    std::ranges::nth_element(left, nth, gaps.end(), {}, &Gap::ns);
    double const upper =
        nth + 1 == gaps.end() ? nth->ns : std::ranges::min_element(nth + 1, gaps.end(), {}, &Gap::ns)->ns;
    values[q] = std::lerp(nth->ns, upper, position - static_cast<double>(low));
    left = nth;
  }
  return values;
}

}  // namespace

std::optional<GapPercentiles> gap_percentiles(Timeline const& timeline) {
  auto const& e = timeline.emissions;
  std::vector<Gap> gaps;
  gaps.reserve(e.gap_ns.size());
  std::int64_t tokens = 0;
  std::size_t emission = 0;
  for (auto const count : timeline.requests.emissions) {
    auto const end = emission + static_cast<std::size_t>(count);
    for (std::size_t i = emission + 1; i < end; ++i) {
      gaps.push_back({static_cast<double>(e.gap_ns[i]), e.tokens[i]});
      tokens += e.tokens[i];
    }
    emission = end;
  }
  if (gaps.empty()) return std::nullopt;

  GapPercentiles percentiles;
  percentiles.emit_gap_ns = plain_quantiles(gaps);
  if (std::cmp_equal(tokens, gaps.size())) {
    percentiles.itl_ns = percentiles.emit_gap_ns;    // one token an emission: the same gaps
  } else {
    for (auto& gap : gaps) gap.ns /= static_cast<double>(gap.weight);
    std::ranges::sort(gaps, {}, &Gap::ns);
    percentiles.itl_ns = weighted_quantiles(gaps, tokens);
  }
  return percentiles;
}

}  // namespace edgelab::stats
