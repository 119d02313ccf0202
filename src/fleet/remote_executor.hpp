// An executor on a device, whose models travel to it by their SHA-256.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "executor/executor.hpp"
#include "fleet/coordinator.hpp"
#include "fleet/remote_channel.hpp"

namespace edgelab::fleet {

class RemoteExecutor final : public executor::Executor {
 public:
  // `conversation` is over `channel`, which it owns.
  RemoteExecutor(Coordinator& coordinator, std::unique_ptr<executor::Executor> conversation, RemoteChannel& channel,
                 executor::OtherMachine machine)
      : coordinator_(coordinator), conversation_(std::move(conversation)), channel_(channel), machine_(machine) {}

  [[nodiscard]] protocol::HelloReply const& hello() const override { return conversation_->hello(); }
  [[nodiscard]] std::optional<executor::OtherMachine> other_machine() const override { return machine_; }
  // The timeout is the loading's; what comes before, a model's way to the device, ends when it makes no progress.
  [[nodiscard]] executor::Outcome<protocol::Loaded> load(protocol::Load load,
                                                         std::chrono::milliseconds timeout) override;
  [[nodiscard]] executor::Outcome<executor::Ran> run(protocol::Run run, std::chrono::milliseconds timeout,
                                                     OnProgress const& on_progress) override;
  [[nodiscard]] executor::Outcome<protocol::Scored> score(protocol::Score score,
                                                          std::chrono::milliseconds timeout) override;
  void cancel() override { conversation_->cancel(); }

 private:
  // Puts the model's name in the place of its path, once the device has the file.
  [[nodiscard]] executor::Outcome<void> bring(std::string& model);
  void name_models(Flags& flags) const;

  Coordinator& coordinator_;
  std::unique_ptr<executor::Executor> conversation_;
  RemoteChannel& channel_;
  executor::OtherMachine machine_;
  std::map<std::string, std::string> names_;       // path here → sha256:…
};

}  // namespace edgelab::fleet
