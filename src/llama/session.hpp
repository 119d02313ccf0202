// What is loaded, which context is ready, and what messages make of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "llama/context.hpp"
#include "llama/engine.hpp"
#include "llama/model.hpp"
#include "llama/refusal.hpp"
#include "llama/scoring.hpp"
#include "llama/settings.hpp"
#include "llama/step_cost.hpp"
#include "serve/session.hpp"

namespace edgelab::llama {

using serve::Stop;

class Session final : public serve::Session {
 public:
  // `send` writes whole lines to the coordinator. `backend_log` is what was logged when backends were loaded.
  Session(Send send, Stop& stop, std::string backend_log)
      : serve::Session(std::move(send), stop), backend_log_(std::move(backend_log)), scoring_(stop) {}

 private:
  [[nodiscard]] Outcome<protocol::HelloReply> hello() override;
  [[nodiscard]] Outcome<protocol::Loaded> load(protocol::Load const& message) override;
  [[nodiscard]] Outcome<void> run(protocol::Run const& message) override;
  [[nodiscard]] Outcome<void> score(protocol::Score const& message) override;

  // A model and the context that was last made for it. The model outlives the context: it stands first.
  struct Loaded {
    std::optional<Model> model;
    std::optional<Context> context;
    std::optional<StepCost> cost;      // of the context's passes, where it has been measured
  };

  [[nodiscard]] Outcome<void> load_models(std::string const& path, std::optional<std::string> const& draft,
                                          ModelSettings const& settings);
  [[nodiscard]] Outcome<void> ready_model(ModelSettings const& settings);
  [[nodiscard]] Outcome<void> ready_context(Loaded& loaded, ContextSettings const& settings, std::size_t warm_tokens);
  [[nodiscard]] Outcome<void> check_possible(Settings const& settings) const;
  [[nodiscard]] Outcome<bool> uses_draft(SpeculationSettings const& settings) const;
  [[nodiscard]] Outcome<Equipment> ready_equipment(Settings const& settings, TrialPlan const& plan);
  [[nodiscard]] Outcome<TrialPlan> plan_of(protocol::Run const& run, RequestSettings const& settings) const;

  std::string backend_log_;
  Loaded target_;
  Loaded draft_;                     // without a model where none was given
  Scoring scoring_;                  // after the models: its contexts are of them
};

}  // namespace edgelab::llama
