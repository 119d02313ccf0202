// Which requests a trial sends, and when.
#include <algorithm>
#include <cmath>

#include "plan/plan.hpp"
#include "plan/random.hpp"

namespace edgelab::plan {

namespace {

enum class Purpose : std::uint64_t { requests = 11, arrivals = 12 };

std::int64_t to_us(double seconds) { return std::llround(seconds * 1e6); }

}  // namespace

std::vector<DrawnRequest> draw_requests(Workload const& workload, std::uint64_t seed) {
  // Where each conversation begins.
  std::vector<std::size_t> firsts;
  for (std::size_t i = 0; i < workload.requests.size(); ++i) {
    if (!workload.requests[i].follows) firsts.push_back(i);
  }
  auto const wanted = static_cast<std::size_t>(std::max(workload.per_trial, 0));
  if (wanted > 0) {
    // All of them stay in the order of the file; a choice has none to keep.
    Random random(derive_seed(seed, static_cast<std::uint64_t>(Purpose::requests), 0));
    auto const count = std::min(wanted, firsts.size());
    shuffle(firsts, random, count);
    firsts.resize(count);
  }

  auto const& arrivals = workload.arrivals;
  Random random(derive_seed(seed, static_cast<std::uint64_t>(Purpose::arrivals), 0));
  double poisson_s = 0.0;
  std::vector<DrawnRequest> drawn;
  for (std::size_t i = 0; i < firsts.size(); ++i) {
    DrawnRequest request{.request = firsts[i], .arrival_us = {}};
    switch (arrivals.kind) {
      case Arrivals::Kind::closed: break;
      case Arrivals::Kind::burst: request.arrival_us = 0; break;
      case Arrivals::Kind::constant: request.arrival_us = to_us(static_cast<double>(i) / arrivals.rate_per_s); break;
      case Arrivals::Kind::poisson:
        // Gaps are exponential. In whole microseconds, so that a last bit of log() that differs between
        // platforms does not show.
        poisson_s += -std::log1p(-random.unit()) / arrivals.rate_per_s;
        request.arrival_us = to_us(poisson_s);
        break;
      case Arrivals::Kind::trace:
        request.arrival_us = arrivals.times_s.empty() ? 0 : to_us(arrivals.times_s[std::min(i, arrivals.times_s.size() - 1)]);
        break;
    }
    drawn.push_back(request);
    for (auto turn = firsts[i] + 1; turn < workload.requests.size() && workload.requests[turn].follows; ++turn)
      drawn.push_back({.request = turn, .arrival_us = {}});
  }
  return drawn;
}

}  // namespace edgelab::plan
