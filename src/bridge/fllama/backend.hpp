// fllama as an app gets it, as a backend. A process of it has one configuration (relay.hpp sees to that).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "bridge/backend.hpp"
#include "bridge/fllama/flags.hpp"
#include "bridge/fllama/library.hpp"
#include "bridge/fllama/prompts.hpp"

namespace edgelab::bridge::fllama {

class FllamaBackend final : public Backend {
 public:
  // The library is loaded when it is greeted.
  explicit FllamaBackend(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] Outcome<protocol::HelloReply> hello() override;
  // fllama loads a model for its first request; here it is looked whether it can be read.
  [[nodiscard]] Outcome<protocol::Loaded> load(protocol::Load const& message) override;
  [[nodiscard]] Outcome<std::unique_ptr<Trial>> prepare(protocol::Run const& run, std::size_t workers,
                                                        Stop const& stop) override;

 private:
  [[nodiscard]] Outcome<Library*> library();
  [[nodiscard]] Outcome<Question> question_for(protocol::Run const& run, std::size_t index);
  [[nodiscard]] Outcome<std::int64_t> tokens_of(protocol::TrialRequest const& request, Question const& question);
  [[nodiscard]] Outcome<std::int64_t> count(std::string const& text);

  std::string path_;
  Library* library_ = nullptr;
  std::string model_;
  std::optional<std::string> draft_;
  std::optional<std::string> configuration_;               // what this process has run with
  std::string load_log_;                                   // llama.cpp's, from when the context was made
  std::optional<SyntheticTexts> synthetic_;                // of the model
};

}  // namespace edgelab::bridge::fllama
