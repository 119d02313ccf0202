// The decoding engine: slots that each hold a request, and steps of one llama_decode that move all of them on.
#pragma once

#include <llama.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "llama/batch.hpp"
#include "llama/context.hpp"
#include "llama/job.hpp"
#include "llama/model.hpp"
#include "llama/recorder.hpp"
#include "llama/refusal.hpp"
#include "llama/sampler.hpp"
#include "llama/scheduler.hpp"
#include "llama/slots.hpp"
#include "llama/speculation.hpp"
#include "serve/arrivals.hpp"
#include "serve/stop.hpp"

namespace edgelab::llama {

using serve::Arrival;
using serve::Arrivals;
using serve::Stop;

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
  std::function<void(std::int32_t requests_done, std::int64_t tokens)> on_request_end;    // between steps
};

// What an engine works with; all REQUIRED to outlive it. The context has a sequence for each slot.
struct Equipment {
  Model const& model;
  Context& context;
  Stop const& stop;
  std::optional<Drafting> drafting;     // where the draft model is to be used
  SpeculationCosts costs;               // where drafting is adaptive
};

// Runs one trial.
class Engine {
 public:
  Engine(Equipment equipment, TrialPlan const& plan, Listeners const& listeners);

  // Starts cold (the memory is cleared before the clock starts), repeats whole passes over the jobs until min_s and
  // min_tokens are reached, and records when what happened. A pass that generates nothing is not repeated for the
  // sake of min_tokens, one that evaluates nothing not at all. Each request's output hangs on its own prompt, seed and
  // pass alone, rounding aside: not on which slot it is given, in which order or beside whom; where a temperature and
  // drafts meet, only its distribution does, since drafts use up random numbers. A request that fails ends with "error: REASON", one that
  // Stop names with "cancelled"; the others go on.
  [[nodiscard]] Outcome<Recording> run();

 private:
  void begin_pass();
  void admit_waiting();
  void admit(Slot& slot, Arrival const& arrival);
  void reject(Arrival const& arrival, std::string finish);
  RequestRecord& new_record(Arrival const& arrival);
  void end_cancelled();

  [[nodiscard]] Outcome<void> step();
  [[nodiscard]] Outcome<void> propose();
  StepRecord fill();
  void add_rows(Slot& slot, StepRecord& step);
  [[nodiscard]] Outcome<bool> decode();         // false: no room in the KV cache, and some has been made
  [[nodiscard]] Outcome<void> settle(Slot& slot, Clock::time_point evaluated_at, StepRecord& step);
  void release(Slot& slot, std::string finish);
  void report_ended();
  [[nodiscard]] Outcome<void> wait_until(Clock::time_point at) const;

  [[nodiscard]] std::size_t cells_for(Job const& job) const;   // that it may come to need
  [[nodiscard]] std::span<llama_token const> forbidden_for(Job const& job) const;

  Equipment with_;
  TrialPlan const& plan_;
  Listeners const& listeners_;

  Slots slots_;
  std::vector<Slot*> by_turn_;                  // busy ones, in order of admission; of the step at hand
  Batch batch_;
  std::size_t capacity_;                        // cells that one request can have
  Scheduler scheduler_;
  Speculation speculation_;
  std::vector<DraftRequest> proposals_;         // of the step at hand
  Arrivals arrivals_;
  std::optional<Arrival> next_;                 // has arrived, and waits for room
  std::vector<std::size_t> ended_;              // records of requests that ended since they were last reported
  std::vector<llama_token> picked_;             // by one slot in one step
  std::set<std::string, std::less<>> cancelled_;
  std::int64_t cancels_seen_ = 0;
  std::int64_t tokens_ = 0;                     // generated, by requests that have ended
  std::int32_t done_ = 0;
  Recording recording_;
};

}  // namespace edgelab::llama
