#include "support/paired.hpp"

#include <print>
#include <vector>

#include "stats/estimate.hpp"

namespace edgelab::bench {

Result<bool> compare(Comparison const& comparison, int pairs) {
  std::vector<double> ours;
  std::vector<double> theirs;
  std::vector<double> ratios;
  for (int pair = 0; pair < pairs; ++pair) {
    bool const ours_first = pair % 2 == 0;
    EDGELAB_TRY(first, ours_first ? comparison.ours() : comparison.theirs());
    EDGELAB_TRY(second, ours_first ? comparison.theirs() : comparison.ours());
    ours.push_back(ours_first ? first : second);
    theirs.push_back(ours_first ? second : first);
    ratios.push_back(ours.back() / theirs.back());
    std::println(stderr, "  {} pair {:2}/{}: {:.2f} / {:.2f} = {:.4f}", comparison.name, pair + 1, pairs, ours.back(),
                 theirs.back(), ratios.back());
  }
  auto const interval = stats::paired_ratio(ours, theirs);
  double const middle = stats::median(ratios);
  double const low = interval.ci95 ? (*interval.ci95)[0] : interval.estimate;
  double const high = interval.ci95 ? (*interval.ci95)[1] : interval.estimate;
  bool const met = !comparison.goal || (high >= *comparison.goal && middle >= *comparison.goal * 0.98);
  std::println("{:44} median {:.4f}  mean {:.4f} (95 % {:.4f} to {:.4f})  {} pairs  {}", comparison.name, middle,
               interval.estimate, low, high, pairs,
               comparison.goal ? (met ? "goal " : "MISSED goal ") + std::format("{:.2f}", *comparison.goal)
                               : std::string{"stated"});
  return met;
}

}  // namespace edgelab::bench
