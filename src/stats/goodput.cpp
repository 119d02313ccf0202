#include "stats/goodput.hpp"

#include <cstdint>
#include <numeric>

namespace edgelab::stats {

std::int64_t requests_within(Slo const& slo, Timeline const& timeline) {
  constexpr double ns_per_ms = 1e6;
  auto const& gaps = timeline.emissions.gap_ns;
  auto const& counts = timeline.emissions.tokens;
  std::int64_t within = 0;
  std::ptrdiff_t first = 0;
  for (auto const emissions : timeline.requests.emissions) {
    auto const end = first + emissions;
    bool const early = !slo.ttft_ms || (emissions > 0 && static_cast<double>(gaps[static_cast<std::size_t>(first)]) <= *slo.ttft_ms * ns_per_ms);
    bool steady = true;
    if (slo.tpot_ms && emissions > 1) {
      auto const span_ns = std::accumulate(gaps.begin() + first + 1, gaps.begin() + end, std::int64_t{0});
      auto const tokens = std::accumulate(counts.begin() + first, counts.begin() + end, std::int64_t{0});
      steady = static_cast<double>(span_ns) <= *slo.tpot_ms * ns_per_ms * static_cast<double>(tokens - 1);
    }
    within += early && steady ? 1 : 0;
    first = end;
  }
  return within;
}

}  // namespace edgelab::stats
