// The coordinator's side of the executor protocol: a process that is spoken to over its standard input and output, or one on
// another machine.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "executor/answers.hpp"
#include "types/protocol.hpp"
#include "types/trial.hpp"

namespace edgelab::executor {

// An emission as it was heard of, on the coordinator's clock.
struct HeardEmission {
  std::string request;
  std::int32_t tokens = 0;
  Clock::time_point heard;
};

struct Ran {
  protocol::Done done;
  Timeline timeline;                            // its columns fit together (wire::check)
  std::optional<std::int64_t> rss_peak_bytes;   // VmHWM of the process, reset when the run began; Linux only
  std::optional<double> cpu_s;                  // CPU time of the process during the run; Linux only
  std::vector<HeardEmission> heard;             // of a run with `live`
  Clock::time_point asked{};                    // when the run was sent
  Clock::time_point answered{};                 // when the first part of its timeline came
};

class Channel;

// The machine of an executor that is on another one: nothing that is read of this one says anything of it.
struct OtherMachine {
  std::optional<double> memory_bytes_per_s;      // as measured there
};

// One executor process. Not thread-safe, but cancel() may be called from another thread.
// Calls give the messages their ids. After a Trouble with process_lost only the destructor is of use; after
// any other the process is ready for the next call.
class Executor {
 public:
  // Starts the program and says hello; a stop ends that at once. The executor's standard error is appended to `log`.
  // REQUIRES that the calling thread outlives the executor: on Linux the process dies with it (core/process.hpp).
  [[nodiscard]] static Outcome<std::unique_ptr<Executor>> start(std::vector<std::string> const& command,
                                                                std::filesystem::path const& log,
                                                                std::chrono::milliseconds timeout,
                                                                std::stop_token const& stop = {});
  virtual ~Executor() = default;      // says bye; kills after a short grace

  [[nodiscard]] virtual protocol::HelloReply const& hello() const = 0;
  // Of the process as the system numbers it; absent where there is none on this machine.
  [[nodiscard]] virtual std::optional<std::int64_t> process_id() const { return std::nullopt; }
  // Absent where it is on this machine.
  [[nodiscard]] virtual std::optional<OtherMachine> other_machine() const { return std::nullopt; }
  [[nodiscard]] virtual Outcome<protocol::Loaded> load(protocol::Load load, std::chrono::milliseconds timeout) = 0;
  using OnProgress = std::function<void(protocol::Progress const&)>;
  [[nodiscard]] virtual Outcome<Ran> run(protocol::Run run, std::chrono::milliseconds timeout,
                                         OnProgress const& on_progress) = 0;
  [[nodiscard]] virtual Outcome<protocol::Scored> score(protocol::Score score, std::chrono::milliseconds timeout) = 0;
  // The exchange under way ends with Status::interrupted, unless its answer was there already; the process is
  // killed if it does not stop within seconds. With none under way, the next one ends so before it begins.
  virtual void cancel() = 0;
};

// As Executor::start, with whatever is at the channel's other end.
[[nodiscard]] Outcome<std::unique_ptr<Executor>> converse_over(std::unique_ptr<Channel> channel, std::chrono::milliseconds timeout,
                                                               std::stop_token const& stop = {});

}  // namespace edgelab::executor
