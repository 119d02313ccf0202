// A program that only prints as a backend: run once a request, its output is the answer. What is known of it is when it began,
// when it ended and what it said.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "bridge/backend.hpp"
#include "bridge/command/command.hpp"

namespace edgelab::bridge {

class CommandBackend final : public Backend {
 public:
  // `folder` is empty and ours: prompts and logs are in it while a run lasts. It goes with the object.
  CommandBackend(CommandTemplate command, std::string program, std::filesystem::path folder)
      : command_(std::move(command)), program_(std::move(program)), folder_(std::move(folder)) {}
  ~CommandBackend() override;

  [[nodiscard]] Outcome<protocol::HelloReply> hello() override;
  [[nodiscard]] Outcome<protocol::Loaded> load(protocol::Load const& message) override;
  [[nodiscard]] Outcome<std::unique_ptr<Trial>> prepare(protocol::Run const& run, std::size_t workers,
                                                        Stop const& stop) override;

 private:
  [[nodiscard]] Outcome<std::vector<std::string>> words_for(protocol::Run const& run, std::size_t index);

  CommandTemplate command_;
  std::string program_;
  std::filesystem::path folder_;
  std::string model_;
  std::optional<std::string> draft_;
};

}  // namespace edgelab::bridge
