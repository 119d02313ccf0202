// The trial loop.
//
// Machines work at the same time: this one is a lane, and so is each device of executors of kind remote (plan/lanes.hpp). A lane has its own
// schedule, its own executors and, but for the first, its own thread; a plan of one lane has no other thread than the caller's. Which
// trials there are, with which draws, and in which order a lane runs its own, is the plan's; what runs meanwhile elsewhere is not.
// Lanes meet where something is saved or told (desk.hpp). What waits for a device, for coolness or for an answer holds nobody else up.
//
// The order is course::Schedule's. Memory trials run each in a process of its own that is gone when it has answered; the
// warm-up blocks leave the processes as the timed blocks find them. Timed blocks run until the intervals are narrow enough,
// the blocks or the time are used up, or the user stops the run. Of several lanes each stops by itself where its intervals are
// narrow enough; the time and the user stop all. The run's reason is then that of the lane that has most left undone.
//
// Where the protocol says so, this machine's processor is waited for until it is cool again before a block or a trial of the timed ones
// that it runs; and when the blocks are over, one cell is repeated for a time. While its trials run, a sampler reads its sensors.
//
// When the trials of all lanes are over, texts are read (checks.hpp), and cells are asked what else is no matter of time (passes.hpp): one
// after another, on the caller's thread, and also where the time was used up, since what that tells is not of time, and there is an end to it.
//
// A trial is saved when it ends. A trial that the user interrupts is not: a resumed run does it again. Which trials
// there are, and in what order, depends on the plan alone, so a resumed run skips what is saved and goes on. Where two lanes are compared
// with each other and may stop by their intervals, how many blocks each runs depends too on how far the other has come.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "executor/executor.hpp"
#include "probe/sensors.hpp"
#include "runner/observer.hpp"
#include "store/store.hpp"
#include "types/plan.hpp"
#include "types/usage.hpp"

namespace edgelab::runner {

// Starts a process of the experiment's executor of that index; a stop ends it at once. Called from several lanes at a time.
using StartExecutor =
    std::function<executor::Outcome<std::unique_ptr<executor::Executor>>(std::size_t executor, std::stop_token const& stop)>;

// Waits until that executor's device may be measured: nullopt, or why it was waited for in vain. `notice` is told of a wait.
// Called from several lanes at a time.
using AwaitFit = std::function<std::optional<std::string>(std::size_t executor, std::stop_token const& stop,
                                                          std::function<void(std::string_view)> const& notice)>;

// The machine that the run is on, as far as figures depend on it. Without sensors nothing is sampled or waited for.
struct Machine {
  std::shared_ptr<probe::Sensors> sensors;
  MachineRates rates;
  std::optional<double> start_c;              // the processor's temperature when the run began
};

struct RunConfig {
  Plan plan;
  std::vector<protocol::HelloReply> hellos;   // of each executor of the experiment, as greeted before the run
  StartExecutor start;
  std::filesystem::path directory;            // of the store; trials.jsonl is written there
  std::optional<double> time_left_s;          // for this session; absent: no limit
  Machine machine{};
  AwaitFit await_fit{};                       // empty: every executor is on this machine
};

enum class Ended : std::uint8_t { complete, interrupted };

struct RunOutcome {
  Ended ended = Ended::complete;
  std::string stopped_because;                // "interval reached", "30 blocks", "time budget", "interrupted", ...
};

// Runs what the store does not hold yet. A failed trial is a row, not an error; errors are the store's and the disk's.
// Call it on a thread that outlives it (executors of this machine end with the thread that started them). Stopping through
// `stop` cancels the trials that run. An error in one lane ends the others; all threads have ended when it returns.
[[nodiscard]] Result<RunOutcome> run(RunConfig const& config, store::Store& store, Observer& observer,
                                     std::stop_token stop);

}  // namespace edgelab::runner
