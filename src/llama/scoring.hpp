// Answers `score`: which text, which contexts, what is told of it.
#pragma once

#include <optional>

#include "llama/context.hpp"
#include "llama/model.hpp"
#include "llama/refusal.hpp"
#include "llama/settings.hpp"
#include "serve/stop.hpp"
#include "types/protocol.hpp"

namespace edgelab::llama {

using serve::Stop;

// Keeps the contexts it made for the next text, if that fits into them. A model outlives the contexts made for it:
// release() before it goes.
class Scoring {
 public:
  explicit Scoring(Stop const& stop) : stop_(stop) {}

  // `settings` and `reference` are what the message's `flags` and `against` say.
  [[nodiscard]] Outcome<protocol::Scored> answer(Model const& model, protocol::Score const& message,
                                                 Settings const& settings, Settings const* reference);
  void release();

 private:
  struct Text;
  [[nodiscard]] Outcome<void> ready(std::optional<Context>& context, Model const& model, ContextSettings settings,
                                    std::size_t tokens);
  [[nodiscard]] Outcome<void> alone(Model const& model, Text const& text, protocol::Scored& scored);
  [[nodiscard]] Outcome<void> against(Model const& model, Text const& text, protocol::Scored& scored);
  [[nodiscard]] Outcome<void> streamed(Model const& model, Text const& text, std::string const& path,
                                       protocol::Scored& scored);
  [[nodiscard]] Outcome<void> judged(Model const& model, Text const& text, protocol::Score const& message,
                                     Settings const& settings, Settings const* reference, protocol::Scored& scored);

  Stop const& stop_;
  std::optional<Context> own_;
  std::optional<Context> second_;    // the reference's, or one more of the same settings
};

}  // namespace edgelab::llama
