// What is driven: a server of ours, somebody's URL, a program that prints. One file of settings and requests each; how
// requests arrive, are counted and are told of is the same for all of them (drive.hpp, session.hpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "serve/refusal.hpp"
#include "serve/stop.hpp"
#include "types/protocol.hpp"

namespace edgelab::bridge {

using serve::Outcome;
using serve::Refusal;
using serve::refuse;
using serve::Stop;

// What came of one request. What its backend cannot know stays as it is here.
struct Answer {
  struct Emission {
    Clock::time_point at;
    std::int32_t tokens = 1;
  };
  std::vector<Emission> emissions;
  std::vector<std::int32_t> token_ids;       // of all its tokens, or none
  std::string text;
  std::string finish;                        // stop | length | error: REASON
  std::int32_t prompt_tokens = -1;
  std::int32_t cached_tokens = -1;
  std::chrono::nanoseconds server_prefill{-1};   // by its server's clock, from admission to the first token
  std::chrono::nanoseconds server_decode{-1};    // and from there to the last
  std::int32_t drafted = -1;
  std::int32_t accepted = -1;
  std::int32_t retries = -1;
};

// One request under way. Belongs to the thread that asks, but for `cancelled`.
class Asking {
 public:
  virtual ~Asking() = default;
  // So many tokens are there, as of now or of a little earlier: into the answer, and told at once in a live run.
  virtual void heard(Clock::time_point at, std::int32_t tokens) = 0;
  // Whether nobody wants it any more: the backend comes back soon, whatever it has. Asked from any thread.
  [[nodiscard]] virtual bool cancelled() const = 0;

  Answer answer;
};

// A run that is ready: whatever had to be started, loaded or tokenised has been.
class Trial {
 public:
  virtual ~Trial() = default;
  // Before the first request of each pass, with none under way: makes it cold.
  [[nodiscard]] virtual Outcome<void> begin_pass() { return {}; }
  // Asks for request number `request` of the run and waits for the end of its answer; what goes wrong is its finish. Called on
  // several threads at once; `worker` tells them apart, from 0.
  virtual void ask(std::size_t request, std::size_t worker, Asking& asking) = 0;
  // What of it is in flight on `worker` ends as soon as it can. Called from another thread, any number of times.
  virtual void interrupt(std::size_t worker) = 0;
  // What is known of it when all requests have ended: ledger and memory. `id` is left to the caller.
  [[nodiscard]] virtual Outcome<protocol::Done> end() = 0;
};

class Backend {
 public:
  virtual ~Backend() = default;
  [[nodiscard]] virtual Outcome<protocol::HelloReply> hello() = 0;
  [[nodiscard]] virtual Outcome<protocol::Loaded> load(protocol::Load const& message) = 0;
  // `workers`: so many threads may ask at once. What takes long looks at `stop`. The trial is gone before the next is made.
  [[nodiscard]] virtual Outcome<std::unique_ptr<Trial>> prepare(protocol::Run const& run, std::size_t workers,
                                                                Stop const& stop) = 0;
};

}  // namespace edgelab::bridge
