// A loaded model, and what of it does not change from trial to trial.
#pragma once

#include <llama.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "llama/chat.hpp"
#include "llama/refusal.hpp"
#include "llama/settings.hpp"

namespace edgelab::llama {

struct FreeModel {
  void operator()(llama_model* model) const { llama_model_free(model); }
};

struct Model {
  std::string path;
  ModelSettings settings;
  std::unique_ptr<llama_model, FreeModel> handle;
  llama_vocab const* vocab = nullptr;
  std::int32_t n_vocab = 0;
  std::int32_t n_ctx_train = 0;
  std::vector<llama_token> end_tokens;        // generation ends at these
  std::vector<llama_token>
      ordinary_tokens;   // text, no control tokens and no raw bytes: synthetic prompts are made of these
  Outcome<ChatTemplate> chat;                 // or why it takes prompts but no messages
  std::string log;                            // llama.cpp's, while it was loaded
};

// Why `draft` cannot draft for `target`: the first token that is not the same in both. nullopt: it can.
[[nodiscard]] std::optional<std::string> vocabulary_difference(Model const& target, Model const& draft);

[[nodiscard]] Outcome<Model> load_model(std::string const& path, ModelSettings const& settings);

}  // namespace edgelab::llama
