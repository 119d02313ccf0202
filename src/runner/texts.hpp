// The texts that distributions are compared on. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "types/plan.hpp"
#include "types/protocol.hpp"

namespace edgelab::runner {

struct TextToRead {
  std::string id;
  std::optional<protocol::TrialRequest> prompt;   // through the chat template where it is a chat
  std::string rest;                               // what follows it
};

// Those of the experiment, else the workload's prompts with what is expected of them (where that is an answer), in an order
// drawn from the experiment's seed: all cells read the same first ones. Made-up prompts are none.
[[nodiscard]] std::vector<TextToRead> texts_for(Plan const& plan, std::size_t workload);

// The request as the protocol has it, its prompt or messages only.
[[nodiscard]] protocol::TrialRequest prompt_message(Request const& request);

}  // namespace edgelab::runner
