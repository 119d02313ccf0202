// llama-server as a backend.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "bridge/backend.hpp"
#include "bridge/server/build.hpp"
#include "bridge/server/flags.hpp"
#include "bridge/server/pool.hpp"
#include "bridge/server/prompts.hpp"

namespace edgelab::bridge {

class ServerBackend final : public Backend {
 public:
  // `key` is that of every server's API, and stands in this process's environment already.
  ServerBackend(Build build, std::string key);

  [[nodiscard]] Outcome<protocol::HelloReply> hello() override;
  // Servers are started for a run, which alone knows how long its requests are; here only the files are looked at.
  [[nodiscard]] Outcome<protocol::Loaded> load(protocol::Load const& message) override;
  [[nodiscard]] Outcome<std::unique_ptr<Trial>> prepare(protocol::Run const& run, std::size_t workers,
                                                        Stop const& stop) override;

 private:
  [[nodiscard]] Outcome<Server*> server_for(protocol::Run const& run, std::int64_t tokens_a_slot, std::size_t workers,
                                            Stop const& stop);
  [[nodiscard]] Outcome<std::vector<std::vector<std::int32_t>>> prompts_of(protocol::Run const& run,
                                                                           Server const& server);

  Build build_;
  std::string key_;
  ServerPool pool_;
  std::string model_;
  std::optional<std::string> draft_;
  std::map<std::string, Prompts> prompts_;      // by model
};

}  // namespace edgelab::bridge
