// The decoding engine: slots that each hold a request, and steps of one llama_decode.
#pragma once

#include <llama.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "llama/arrivals.hpp"
#include "llama/context.hpp"
#include "llama/model.hpp"
#include "llama/prefix_cache.hpp"
#include "llama/recorder.hpp"
#include "llama/refusal.hpp"
#include "llama/sampler.hpp"
#include "llama/stop.hpp"

namespace edgelab::llama {

// A request made ready before the clock starts.
struct Job {
  std::string id;
  std::vector<llama_token> prompt;              // not empty
  std::int32_t max_tokens = 1;                  // at least 1
  bool ignore_eos = false;
  std::optional<std::int64_t> arrival_us;
};

struct TrialPlan {
  std::vector<Job> jobs;                        // not empty
  std::int32_t concurrency = 1;
  Sampling sampling;
  std::uint64_t seed = 0;
  double min_s = 0.0;
  std::int32_t min_tokens = 0;
  RequestSettings settings;
};

// Called while a trial runs.
struct Listeners {
  std::function<void(std::string const& request, std::int32_t tokens)>
      on_emission;       // empty unless asked for: it costs time
  std::function<void(std::int32_t requests_done, std::int64_t tokens)> on_request_end;    // between requests
};

// Runs trials on one context. One sequence a slot; one slot.
class Engine {
 public:
  // All REQUIRED to outlive it.
  Engine(Model const& model, Context& context, Stop const& stop) : model_(model), context_(context), stop_(stop) {}

  // Starts cold (the memory is cleared before the clock starts), repeats whole passes over the jobs until min_s and
  // min_tokens are reached, and records when what happened. A pass that generates nothing is not repeated for the
  // sake of min_tokens.
  [[nodiscard]] Outcome<Recording> run(TrialPlan const& plan, Listeners const& listeners);

 private:
  struct Slot;

  void admit(Slot& slot, Arrival const& arrival, TrialPlan const& plan);
  [[nodiscard]] Outcome<void> step(Slot& slot, Listeners const& listeners);
  [[nodiscard]] Outcome<void> take_token(Slot& slot, Listeners const& listeners);
  void release(Slot& slot, std::string finish);
  [[nodiscard]] Outcome<void> wait_until(Clock::time_point at) const;

  Model const& model_;
  Context& context_;
  Stop const& stop_;
  Recording recording_;
};

}  // namespace edgelab::llama
