// Answers messages one after the other: what is loaded, which context is ready.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "llama/context.hpp"
#include "llama/engine.hpp"
#include "llama/model.hpp"
#include "llama/refusal.hpp"
#include "llama/stop.hpp"
#include "wire/wire.hpp"

namespace edgelab::llama {

class Session {
 public:
  using Send = std::function<void(std::string_view lines)>;

  // `send` writes whole lines to the coordinator. `backend_log` is what was logged when backends were loaded.
  Session(Send send, Stop& stop, std::string backend_log)
      : send_(std::move(send)), stop_(stop), backend_log_(std::move(backend_log)) {}

  // False: bye, leave.
  [[nodiscard]] bool answer(Result<wire::Request> const& message);

 private:
  void on(protocol::Hello const& hello);
  void on(protocol::Load const& message);
  void on(protocol::Run const& message);
  void on(protocol::Score const& message);

  [[nodiscard]] Outcome<void> load(std::string const& path, ModelSettings const& settings);
  [[nodiscard]] Outcome<void> run(protocol::Run const& message);
  [[nodiscard]] Outcome<void> score(protocol::Score const& message);
  [[nodiscard]] Outcome<void> ready_model(ModelSettings const& settings);
  [[nodiscard]] Outcome<void> ready_context(ContextSettings const& settings, std::size_t warm_tokens);
  [[nodiscard]] Outcome<TrialPlan> plan_of(protocol::Run const& run, RequestSettings const& settings) const;
  [[nodiscard]] Outcome<void> guarded(std::int64_t id, std::function<Outcome<void>()> const& work);
  void fail(std::int64_t id, Refusal const& refusal);

  Send send_;
  Stop& stop_;
  std::string backend_log_;
  std::optional<Model> model_;
  std::optional<Context> context_;   // of *model_: goes first
};

}  // namespace edgelab::llama
