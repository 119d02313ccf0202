#include "llama/prompt.hpp"

#include <limits>

#include "llama/mix.hpp"

namespace edgelab::llama {

std::vector<llama_token> tokenise(Model const& model, std::string_view text, SpecialTokens special, Begin begin) {
  std::vector<llama_token> tokens(text.size() + 8);
  for (;;) {
    auto const count = llama_tokenize(model.vocab, text.data(), static_cast<std::int32_t>(text.size()), tokens.data(),
                                      static_cast<std::int32_t>(tokens.size()), begin == Begin::of_a_text,
                                      special == SpecialTokens::parsed);
    if (count >= 0) {
      tokens.resize(static_cast<std::size_t>(count));
      return tokens;
    }
    if (count == std::numeric_limits<std::int32_t>::min()) return {};
    tokens.resize(static_cast<std::size_t>(-count));
  }
}

std::string text_of(Model const& model, std::vector<llama_token> const& tokens) {
  std::string text;
  std::string piece(64, '\0');
  for (auto const token : tokens) {
    auto length =
        llama_token_to_piece(model.vocab, token, piece.data(), static_cast<std::int32_t>(piece.size()), 0, false);
    if (length < 0) {
      piece.resize(static_cast<std::size_t>(-length));
      length =
          llama_token_to_piece(model.vocab, token, piece.data(), static_cast<std::int32_t>(piece.size()), 0, false);
    }
    if (length > 0) text.append(piece, 0, static_cast<std::size_t>(length));
  }
  return text;
}

Outcome<std::vector<llama_token>> prompt_tokens(Model const& model, protocol::TrialRequest const& request,
                                                std::uint64_t seed) {
  auto const named = [&](Refusal refusal) {
    refusal.reason = "request '" + request.id + "': " + refusal.reason;
    return std::unexpected(std::move(refusal));
  };
  auto const kinds = (request.prompt ? 1 : 0) + (request.messages.empty() ? 0 : 1) + (request.synthetic_tokens ? 1 : 0);
  if (kinds != 1) return named({"bad-request", "expected exactly one of prompt, messages and synthetic_tokens"});

  std::vector<llama_token> tokens;
  if (request.synthetic_tokens) {
    if (*request.synthetic_tokens < 1) return named({"bad-request", "synthetic_tokens must be at least 1"});
    auto const count = static_cast<std::size_t>(*request.synthetic_tokens);
    tokens.reserve(count);
    if (llama_vocab_get_add_bos(model.vocab)) tokens.push_back(llama_vocab_bos(model.vocab));
    for (std::uint64_t i = 0; tokens.size() < count; ++i) {
      tokens.push_back(model.ordinary_tokens[mix(seed, i) % model.ordinary_tokens.size()]);
    }
    return tokens;
  }
  if (request.prompt) {
    tokens = tokenise(model, *request.prompt, SpecialTokens::parsed);
  } else {
    if (!model.chat) return named(model.chat.error());
    auto text = model.chat->apply(request.messages);
    if (!text) return named(std::move(text).error());
    tokens = tokenise(model, *text, SpecialTokens::parsed);
  }
  if (tokens.empty())
    return named({"bad-request", "the prompt is empty, and this model begins with no token of its own"});
  return tokens;
}

}  // namespace edgelab::llama
