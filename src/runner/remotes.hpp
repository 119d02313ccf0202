// Executors of kind remote: which hub each is on, and one connection to each hub.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "executor/executor.hpp"
#include "fleet/coordinator.hpp"
#include "types/experiment.hpp"

namespace edgelab::runner {

// Where a hub is: the experiment's `url`, or the environment variable EDGELAB_HUB (an address, or a hub's join text). Its token is
// in the variable that `key_env` names, or in EDGELAB_HUB_TOKEN, or in the join text; a certificate that the system does not know, in
// the file that EDGELAB_HUB_CA names.
[[nodiscard]] Result<fleet::HubAddress> hub_of(ExecutorSpec const& spec);

// Thread-safe. Connects when it is first asked for an executor, and others wait for that; a run has then greeted all of its executors
// before its lanes begin, and none of them waits for another.
class Remotes {
 public:
  using Notice = std::function<void(std::string_view)>;

  [[nodiscard]] executor::Outcome<std::unique_ptr<executor::Executor>> start(ExecutorSpec const& spec,
                                                                             std::chrono::milliseconds timeout,
                                                                             std::stop_token const& stop = {});
  // Nullopt at once for an executor of another kind; else as fleet::Coordinator::await_fit. What the hubs' connections had to say
  // since the last call is told first, on this thread.
  [[nodiscard]] std::optional<std::string> await_fit(ExecutorSpec const& spec, std::stop_token const& stop,
                                                     Notice const& notice);

 private:
  [[nodiscard]] Result<std::shared_ptr<fleet::Coordinator>> coordinator_of(ExecutorSpec const& spec);

  // What NATS's threads hear. They may do so until the connections are gone, so it goes after them.
  struct Heard {
    std::mutex mutex;
    std::vector<std::string> notices;
  };
  std::shared_ptr<Heard> heard_ = std::make_shared<Heard>();
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::shared_ptr<fleet::Coordinator>> hubs_;  // by address and token
};

}  // namespace edgelab::runner
