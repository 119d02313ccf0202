#include "stats/live.hpp"

#include <algorithm>
#include <cmath>
#include <format>
#include <map>
#include <optional>
#include <vector>

#include "stats/estimate.hpp"
#include "stats/inference.hpp"

namespace edgelab::stats {

namespace {

constexpr std::size_t enough_emissions = 16;
constexpr std::size_t stretches = 40;
constexpr double least_tolerance_ms = 2.0;
constexpr double sure = 1e-3;   // of a trend

double ms(double ns) { return ns / 1e6; }

struct Reported {
  std::int32_t tokens = 0;
  std::int64_t at_ns = 0;   // after the trial's start, on the executor's clock
};

// The emissions of each request id, pass after pass: in this order they are also heard.
std::map<std::string, std::vector<Reported>> reported(Timeline const& timeline) {
  std::map<std::string, std::vector<Reported>> by_request;
  std::int64_t arrival = 0;
  std::size_t emission = 0;
  for (std::size_t row = 0; row < timeline.requests.id.size(); ++row) {
    arrival += timeline.requests.arrival_ns[row];
    auto at = arrival;
    for (std::int32_t k = 0; k < timeline.requests.emissions[row]; ++k, ++emission) {
      at += timeline.emissions.gap_ns[emission];
      by_request[timeline.requests.id[row]].push_back({timeline.emissions.tokens[emission], at});
    }
  }
  return by_request;
}

std::int64_t reported_end(RequestColumns const& requests) {
  std::int64_t arrival = 0;
  std::int64_t end = 0;
  for (std::size_t row = 0; row < requests.id.size(); ++row) {
    arrival += requests.arrival_ns[row];
    end = std::max(end, arrival + requests.end_ns[row]);
  }
  return end;
}

// Of each emission: when it was reported for, and how much later it was heard (offset and way).
struct Lag {
  double reported_ns = 0.0;
  double lag_ns = 0.0;
};

// nullopt where what was heard is not what is in the timeline.
std::optional<std::vector<Lag>> lags_of(LiveTrial const& trial) {
  auto const by_request = reported(*trial.timeline);
  std::map<std::string, std::size_t> next;
  std::vector<Lag> lags;
  for (auto const& heard : trial.heard) {
    auto const found = by_request.find(heard.request);
    auto& at = next[heard.request];
    if (found == by_request.end() || at >= found->second.size() || found->second[at].tokens != heard.tokens)
      return std::nullopt;
    auto const& told = found->second[at++];
    lags.push_back({static_cast<double>(told.at_ns), static_cast<double>(heard.at_ns - told.at_ns)});
  }
  if (lags.size() != trial.timeline->emissions.gap_ns.size()) return std::nullopt;
  std::ranges::stable_sort(lags, {}, &Lag::reported_ns);
  return lags;
}

std::vector<double> minima(std::vector<Lag> const& lags) {
  auto const count = std::min(stretches, lags.size() / 2);
  std::vector<double> found;
  for (std::size_t i = 0; i < count; ++i) {
    auto const begin = lags.begin() + static_cast<std::ptrdiff_t>(i * lags.size() / count);
    auto const end = lags.begin() + static_cast<std::ptrdiff_t>((i + 1) * lags.size() / count);
    found.push_back(std::ranges::min_element(begin, end, {}, &Lag::lag_ns)->lag_ns);
  }
  return found;
}

// Of the arrivals around a straight line of that height.
double spread_ns(std::vector<Lag> const& lags, double drift_ns) {
  std::vector<double> around;
  for (std::size_t i = 0; i < lags.size(); ++i)
    around.push_back(lags[i].lag_ns - drift_ns * static_cast<double>(i) / static_cast<double>(lags.size()));
  return quantile(around, 0.9) - quantile(around, 0.1);
}

}  // namespace

LiveCheck compare_live(LiveTrial const& trial) {
  LiveCheck check;
  auto const& timeline = *trial.timeline;
  if (trial.pipe_ns > 0) check.pipe_ms = ms(static_cast<double>(trial.pipe_ns));
  if (trial.heard.empty()) {
    check.reason = "it streams nothing while a trial runs, so its times could not be held against anything";
    return check;
  }
  auto const lags = lags_of(trial);
  if (!lags) {
    check.verdict = "made up";
    check.reason = std::format(
        "what it streamed ({} emissions) is not what its timeline holds ({}): requests or numbers of tokens differ",
        trial.heard.size(), timeline.emissions.gap_ns.size());
    return check;
  }
  check.emissions = static_cast<std::int32_t>(lags->size());
  if (lags->size() < enough_emissions) {
    check.reason = std::format("{} emissions are too few to judge by; {} would do", lags->size(), enough_emissions);
    return check;
  }

  auto const lowest = minima(*lags);
  auto const growth = trend(lowest);
  double const drift_ns = growth ? growth->change : 0.0;
  std::vector<double> all;
  for (auto const& lag : *lags) all.push_back(lag.lag_ns);
  double const latest_start = static_cast<double>(trial.answered_ns - reported_end(timeline.requests));
  double const early = ms(median(all) - latest_start);
  double const before_asked = ms(-std::ranges::min(all));
  double const tolerance = std::max(
      {least_tolerance_ms, 10.0 * ms(static_cast<double>(trial.pipe_ns)), 2.0 * ms(spread_ns(*lags, drift_ns))});
  check.early_ms = early;
  check.drift_ms = ms(drift_ns);
  check.tolerance_ms = tolerance;

  // The more exact the diagnosis, the earlier it is asked for: times that are made up drift, and what drifts is early, too.
  if (before_asked > tolerance) {
    check.verdict = "made up";
    check.reason = std::format("a token was heard {:.1f} ms before the time that it reports for it", before_asked);
  } else if (growth && growth->p < sure && std::abs(ms(drift_ns)) > tolerance) {
    check.verdict = "drifting";
    check.reason = std::format(
        "over the trial, the times it reports and the times at which its tokens were heard moved apart by {:.1f} ms: "
        "tokens are reported for {} than they happen, and more so from token to token (up to {:.1f} ms are put down to "
        "the pipe)",
        std::abs(ms(drift_ns)), drift_ns > 0 ? "earlier" : "later", tolerance);
  } else if (early > tolerance) {
    check.verdict = "early";
    check.reason = std::format(
        "it reports its tokens before they happen: counted back from the trial's end, half of them were heard {:.1f} ms or "
        "more after the time that it reports for them (up to {:.1f} ms are put down to the pipe)",
        early, tolerance);
  } else {
    check.verdict = "honest";
    check.reason = std::format(
        "{} tokens or groups of tokens were heard when it says they happened; it would have been caught at being {:.1f} "
        "ms early",
        lags->size(), tolerance + std::max(0.0, -early));
  }
  return check;
}

}  // namespace edgelab::stats
