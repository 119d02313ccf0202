#include "probe/sampler.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <span>
#include <utility>

#include "probe/load.hpp"
#include "probe/process_memory.hpp"
#include "probe/throttling.hpp"

namespace edgelab::probe {

namespace {

constexpr Clock::duration period(int times_per_s) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::seconds(1)) / times_per_s;
}

// Reading the proportional set size costs what the process holds, so it takes this share of the time at most.
constexpr int pss_share = 10;

double own_cpu_s() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  auto const seconds = [](timeval const& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

Sampler::~Sampler() { stop(); }

void Sampler::begin(std::optional<std::int64_t> executor, SampledFor purpose) {
  stop();
  purpose_ = purpose;
  executor_ = executor;
  tree_.clear();
  trace_ = {};
  next_pss_ = {};
  if (executor_) {
    tree_ = process_tree(*executor_, sensors_.root);
    if (tree_.size() > 1) reset_peaks(std::span(tree_).subspan(1), sensors_.root);
  }
  trace_.switches_before = tree_switches(tree_, sensors_.root);
  trace_.throttles_before = throttle_count(sensors_.throttling);
  take(Due::all);
  thread_ = std::jthread([this](std::stop_token const& stop) { loop(stop); });
}

Trace Sampler::end() {
  stop();
  take(Due::all);
  trace_.switches_after = tree_switches(tree_, sensors_.root);
  trace_.throttles_after = throttle_count(sensors_.throttling);
  if (tree_.size() > 1) trace_.helpers_peak_bytes = sum_of_peaks(std::span(tree_).subspan(1), sensors_.root);
  return std::move(trace_);
}

void Sampler::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void Sampler::loop(std::stop_token const& stop) {
  auto const every = period(purpose_ == SampledFor::memory ? memory_samples_per_s : samples_per_s);
  auto next = Clock::now() + every;
  auto next_slow = Clock::now() + period(slow_samples_per_s);
  std::unique_lock lock(mutex_);
  while (!wake_.wait_until(lock, stop, next, [&] { return stop.stop_requested(); })) {
    bool const slow = next >= next_slow;
    take(slow ? Due::all : Due::quick);
    if (slow) next_slow = next + period(slow_samples_per_s);
    // After a time in which this thread was not run there is no catching up.
    next = std::max(next + every, Clock::now());
  }
}

void Sampler::take(Due due) {
  bool const all = due == Due::all || purpose_ == SampledFor::memory;
  if (executor_ && all) tree_ = process_tree(*executor_, sensors_.root);
  Sample sample;
  sample.at = Clock::now();
  if (purpose_ == SampledFor::timing) sample.energy_j = sensors_.energy.joules(sample.at);  // first: it moves fastest
  sample.tree = tree_use(tree_, sensors_.units, sensors_.root);
  if (purpose_ == SampledFor::memory) {
    take_memory(sample);
  } else {
    if (auto const ticks = core_ticks(sensors_.root))
      sample.busy_s = static_cast<double>(ticks->busy) / sensors_.units.ticks_per_s;
    sample.own_s = own_cpu_s();
    sample.temp_c = hottest_c(sensors_.temperature);
    if (all) {
      sample.mhz = fastest_mhz(sensors_.frequency);
      sample.cooled = is_cooled(sensors_.cooling);
    }
  }
  trace_.samples.push_back(std::move(sample));
}

void Sampler::take_memory(Sample& sample) {
  sample.swap_bytes = swap_bytes(tree_, sensors_.root);
  if (sample.at < next_pss_) return;
  auto const from = Clock::now();
  sample.pss_bytes = pss_bytes(tree_, sensors_.root);
  auto const now = Clock::now();
  next_pss_ = now + pss_share * (now - from);
}

}  // namespace edgelab::probe
