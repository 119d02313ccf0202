// Reads the sensors while a trial runs, from a thread of the coordinator.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/clock.hpp"
#include "probe/sensors.hpp"
#include "probe/trace.hpp"

namespace edgelab::probe {

// What a trial is for decides what may be read in it (sensors.hpp has the rates): timing is not to be disturbed, and memory is
// to be seen in full.
enum class SampledFor : std::uint8_t { timing, memory };

// One trial at a time: begin(), end(). Both are called from one thread, and read once themselves, so that the shortest trial has
// two samples. The sensors are the sampler's alone between the two.
class Sampler {
 public:
  explicit Sampler(Sensors& sensors) : sensors_(sensors) {}
  ~Sampler();
  Sampler(Sampler const&) = delete;
  Sampler& operator=(Sampler const&) = delete;

  // Of the tree below process `executor`, where there is one. Resets the peaks of what it started.
  void begin(std::optional<std::int64_t> executor, SampledFor purpose);
  [[nodiscard]] Trace end();

 private:
  enum class Due : std::uint8_t { all, quick };
  void take(Due due);
  void take_memory(Sample& sample);
  void loop(std::stop_token const& stop);
  void stop();

  Sensors& sensors_;
  SampledFor purpose_ = SampledFor::timing;
  std::optional<std::int64_t> executor_;
  std::vector<std::int64_t> tree_;
  Trace trace_;
  Clock::time_point next_pss_{};
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace edgelab::probe
