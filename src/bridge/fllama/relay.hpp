// One process a configuration: what cannot be changed in a process that has run with it is changed by starting another. Passes
// messages on to a process that answers them, and its answers back.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/backend.hpp"
#include "core/process.hpp"
#include "wire/wire.hpp"

namespace edgelab::bridge::fllama {

class Relay {
 public:
  using Send = std::function<void(std::string_view lines)>;  // whole lines, to the coordinator

  // `command` starts a process that speaks the protocol; its standard error is appended to `log`. `configuration` tells from a
  // run's flags what a process keeps. REQUIRES that the calling thread outlives the processes (core/process.hpp).
  Relay(std::vector<std::string> command, std::filesystem::path log,
        std::function<std::string(Flags const&)> configuration, Send send, Stop& stop)
      : command_(std::move(command)),
        log_(std::move(log)),
        configuration_(std::move(configuration)),
        send_(std::move(send)),
        stop_(stop) {}

  // False: bye, leave.
  [[nodiscard]] bool answer(Result<wire::Request> const& message);

 private:
  struct Ran {
    std::string model;
    std::string configuration;
    bool operator==(Ran const&) const = default;
  };

  void on(protocol::Hello const& message);
  void on(protocol::Load const& message);
  void on(protocol::Run const& message);
  void on(protocol::Score const& message);

  // One that is there or is started, and has been greeted; false after a failure, which has been told of.
  [[nodiscard]] bool have_process(std::int64_t id);
  // One that has run with nothing else than this, with the model loaded.
  [[nodiscard]] bool have_process_for(protocol::Run const& run);
  // Passes lines on until the last answer to message `id`; cancels go the other way meanwhile. Nullopt: the process is lost, which
  // has been told of.
  [[nodiscard]] std::optional<wire::Reply> pass_on(std::int64_t id);
  [[nodiscard]] std::optional<wire::Reply> read_reply(std::int64_t id);
  void pass_cancels(std::int64_t id, std::size_t& passed, bool& all);
  void lost(std::int64_t id, std::string const& how);
  void fail(std::int64_t id, Refusal const& refusal);

  std::vector<std::string> command_;
  std::filesystem::path log_;
  std::function<std::string(Flags const&)> configuration_;
  Send send_;
  Stop& stop_;
  std::unique_ptr<ChildProcess> process_;
  std::optional<protocol::Load> load_;
  std::optional<Ran> ran_;  // what the process has run with
};

}  // namespace edgelab::bridge::fllama
