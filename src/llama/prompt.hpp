// From a request to the tokens of its prompt. Done before a trial's clock starts.
#pragma once

#include <llama.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "llama/model.hpp"
#include "llama/refusal.hpp"
#include "types/protocol.hpp"

namespace edgelab::llama {

enum class SpecialTokens : std::uint8_t { as_text, parsed };

enum class Begin : std::uint8_t { of_a_text, in_the_middle };

// With the BOS token where the model wants one, at the beginning of a text.
[[nodiscard]] std::vector<llama_token> tokenise(Model const& model, std::string_view text, SpecialTokens special,
                                                Begin begin = Begin::of_a_text);

// The bytes the tokens stand for; control tokens stand for none. May end inside a UTF-8 character.
[[nodiscard]] std::string text_of(Model const& model, std::vector<llama_token> const& tokens);

// The prompt of a request: its text, its messages by the model's chat template, or seeded ordinary tokens.
[[nodiscard]] Outcome<std::vector<llama_token>> prompt_tokens(Model const& model, protocol::TrialRequest const& request,
                                                              std::uint64_t seed);

}  // namespace edgelab::llama
