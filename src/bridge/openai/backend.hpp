// Any OpenAI-compatible endpoint as a backend.
#pragma once

#include <memory>
#include <string>

#include "bridge/backend.hpp"
#include "bridge/http.hpp"
#include "bridge/openai/settings.hpp"
#include "bridge/openai/stream.hpp"

namespace edgelab::bridge {

class OpenAiBackend final : public Backend {
 public:
  explicit OpenAiBackend(OpenAiSettings settings) : settings_(std::move(settings)), url_(url_of(settings_.url)) {}

  [[nodiscard]] Outcome<protocol::HelloReply> hello() override;
  // Which model: the one that was named, else the only one that the endpoint lists.
  [[nodiscard]] Outcome<protocol::Loaded> load(protocol::Load const& message) override;
  [[nodiscard]] Outcome<std::unique_ptr<Trial>> prepare(protocol::Run const& run, std::size_t workers,
                                                        Stop const& stop) override;

 private:
  [[nodiscard]] Outcome<std::string> only_model();

  OpenAiSettings settings_;
  Url url_;
};

}  // namespace edgelab::bridge
