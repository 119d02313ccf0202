// The coordinator's side of the executor protocol: a process that is spoken to over its standard input and output.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "types/protocol.hpp"
#include "types/trial.hpp"

namespace edgelab::executor {

// How an exchange ended when it did not end well.
struct Trouble {
  Status status = Status::failed;      // failed | timeout | oom | unsupported | interrupted
  std::string reason;                  // with the end of the executor's standard error where it died
  bool process_lost = false;           // true: the process is gone (it has been killed if need be)
};

template <typename T>
using Outcome = std::expected<T, Trouble>;

struct Ran {
  protocol::Done done;
  Timeline timeline;
  std::optional<std::int64_t> rss_peak_bytes;   // VmHWM of the process, reset when the run began
  double cpu_s = 0.0;                           // CPU time of the process during the run
};

// One executor process. Not thread-safe, but cancel() may be called from another thread or a signal watcher.
class Executor {
 public:
  // Starts the program and says hello. The log (the executor's standard error) is appended to `log`.
  [[nodiscard]] static Outcome<std::unique_ptr<Executor>> start(std::vector<std::string> const& command,
                                                                std::filesystem::path const& log,
                                                                std::chrono::milliseconds timeout);
  virtual ~Executor() = default;      // says bye; kills after a short grace

  [[nodiscard]] virtual protocol::HelloReply const& hello() const = 0;
  [[nodiscard]] virtual Outcome<protocol::Loaded> load(protocol::Load load, std::chrono::milliseconds timeout) = 0;
  using OnProgress = std::function<void(protocol::Progress const&)>;
  [[nodiscard]] virtual Outcome<Ran> run(protocol::Run run, std::chrono::milliseconds timeout,
                                         OnProgress const& on_progress) = 0;
  [[nodiscard]] virtual Outcome<protocol::Scored> score(protocol::Score score, std::chrono::milliseconds timeout) = 0;
  virtual void cancel() = 0;           // the running exchange ends with Status::interrupted
};

// Which flags that a round sets this executor cannot express: the first reason, or nullopt.
[[nodiscard]] std::optional<std::string> unsupported(protocol::HelloReply const& hello, Flags const& asked);

}  // namespace edgelab::executor
