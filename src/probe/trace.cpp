#include "probe/trace.hpp"

#include <algorithm>
#include <chrono>

namespace edgelab::probe {

namespace {

double seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

// What a counter rose by in that time: between two readings it is taken to rise evenly.
template <typename Read>
std::optional<double> rise(Trace const& trace, Clock::time_point from, Clock::time_point to, Read const& read) {
  struct Point {
    Clock::time_point at;
    double value;
  };
  std::vector<Point> points;
  for (auto const& sample : trace.samples)
    if (std::optional<double> const value = read(sample)) points.push_back({sample.at, *value});
  if (points.size() < 2) return std::nullopt;
  auto const at = [&](Clock::time_point when) {
    auto const after = std::ranges::find_if(points, [&](Point const& point) { return point.at >= when; });
    if (after == points.begin()) return points.front().value;
    if (after == points.end()) return points.back().value;
    auto const before = after - 1;
    double const share = seconds(when - before->at) / seconds(after->at - before->at);
    return before->value + share * (after->value - before->value);
  };
  // A process that left the tree took what it had used along.
  return std::max(0.0, at(to) - at(from));
}

struct Level {
  double mean = 0.0;
  double most = 0.0;      // of all samples, also those outside
};

template <typename Read>
std::optional<Level> level(Trace const& trace, Clock::time_point from, Clock::time_point to, Read const& read) {
  double sum = 0.0;
  double sum_within = 0.0;
  int count = 0;
  int within = 0;
  double most = 0.0;
  for (auto const& sample : trace.samples) {
    std::optional<double> const value = read(sample);
    if (!value) continue;
    most = count == 0 ? *value : std::max(most, *value);
    sum += *value;
    ++count;
    if (sample.at < from || sample.at > to) continue;
    sum_within += *value;
    ++within;
  }
  if (count == 0) return std::nullopt;
  return Level{.mean = within > 0 ? sum_within / within : sum / count, .most = most};
}

template <typename Member>
auto whole_number(Member member) {
  return [member](Sample const& sample) -> std::optional<double> {
    auto const& value = sample.*member;
    return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
  };
}

template <typename Member>
auto of_tree(Member member) {
  return [member](Sample const& sample) -> std::optional<double> {
    return sample.tree ? std::optional(static_cast<double>((*sample.tree).*member)) : std::nullopt;
  };
}

// Counters that move in steps, of 10 ms of CPU time or of a meter's own: a shorter time would hold one step or none.
constexpr double shortest_s = 0.2;

void add_what_has_steps(Usage& usage, Trace const& trace, Clock::time_point from, Clock::time_point to) {
  usage.cpu_s = rise(trace, from, to, of_tree(&TreeUse::cpu_s));
  auto const busy_s = rise(trace, from, to, [](Sample const& sample) { return sample.busy_s; });
  auto const own_s = rise(trace, from, to, [](Sample const& sample) { return std::optional(sample.own_s); });
  if (busy_s && own_s && usage.cpu_s)
    usage.others_busy_cores = std::max(0.0, *busy_s - *own_s - *usage.cpu_s) / usage.window_s;
  // A battery that was charged for a part of the time told nothing then.
  auto const energy = [](Sample const& sample) { return sample.energy_j; };
  if (std::ranges::all_of(trace.samples, [&](Sample const& sample) { return energy(sample).has_value(); }))
    usage.energy_j = rise(trace, from, to, energy);
}

std::optional<bool> throttled(Trace const& trace) {
  std::optional<bool> found;
  if (trace.throttles_before && trace.throttles_after) found = *trace.throttles_after > *trace.throttles_before;
  for (auto const& sample : trace.samples)
    if (sample.cooled) found = found.value_or(false) || *sample.cooled;
  return found;
}

}  // namespace

Usage usage_of(Trace const& trace, Clock::time_point from, Clock::time_point to) {
  Usage usage;
  if (trace.samples.empty()) return usage;
  usage.exchange_s = seconds(trace.samples.back().at - trace.samples.front().at);
  from = std::clamp(from, trace.samples.front().at, trace.samples.back().at);
  to = std::clamp(to, from, trace.samples.back().at);
  usage.window_s = seconds(to - from);

  auto const rss = level(trace, from, to, of_tree(&TreeUse::rss_bytes));
  auto const pss = level(trace, from, to, whole_number(&Sample::pss_bytes));
  auto const swap = level(trace, from, to, whole_number(&Sample::swap_bytes));
  auto const temperature = level(trace, from, to, [](Sample const& sample) { return sample.temp_c; });
  auto const mhz = level(trace, from, to, [](Sample const& sample) { return sample.mhz; });
  if (rss) {
    usage.rss_mean_bytes = rss->mean;
    if (std::ranges::any_of(trace.samples,
                            [](Sample const& sample) { return sample.tree && sample.tree->processes > 1; }))
      usage.rss_sampled_peak_bytes = rss->most;
  }
  if (pss) {
    usage.pss_mean_bytes = pss->mean;
    usage.pss_peak_bytes = pss->most;
  }
  if (swap) usage.swap_peak_bytes = swap->most;
  if (temperature) {
    usage.temp_mean_c = temperature->mean;
    usage.temp_max_c = temperature->most;
  }
  if (mhz) usage.cpu_mhz = mhz->mean;

  usage.major_faults = rise(trace, from, to, of_tree(&TreeUse::major_faults));
  usage.minor_faults = rise(trace, from, to, of_tree(&TreeUse::minor_faults));
  if (usage.window_s >= shortest_s) add_what_has_steps(usage, trace, from, to);
  if (trace.switches_before && trace.switches_after) {
    auto const more = [](std::int64_t before, std::int64_t after) {
      return static_cast<double>(std::max<std::int64_t>(0, after - before));
    };
    usage.voluntary_switches = more(trace.switches_before->voluntary, trace.switches_after->voluntary);
    usage.involuntary_switches = more(trace.switches_before->involuntary, trace.switches_after->involuntary);
  }
  usage.throttled = throttled(trace);
  return usage;
}

}  // namespace edgelab::probe
