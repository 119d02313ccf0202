#include "llama/model.hpp"

#include "llama/compat.hpp"
#include "llama/devices.hpp"
#include "llama/log.hpp"

namespace edgelab::llama {

namespace {

Outcome<ChatTemplate> chat_template_of(llama_model const& model) {
  auto const* source = llama_model_chat_template(&model, nullptr);
  if (source == nullptr) return refuse("unsupported", "the model has no chat template, so it takes prompts but no messages");
  auto const* vocab = llama_model_get_vocab(&model);
  auto const text_of = [&](llama_token token) { return token < 0 ? std::string() : std::string(llama_vocab_get_text(vocab, token)); };
  return ChatTemplate::parse(source, text_of(llama_vocab_bos(vocab)), text_of(llama_vocab_eos(vocab)));
}

}  // namespace

Outcome<Model> load_model(std::string const& path, ModelSettings const& settings) {
  (void)log::take();
  auto params = llama_model_default_params();
  set_load_mode(params, settings.load_mode);
  params.use_extra_bufts = settings.repack;
  params.n_gpu_layers = settings.n_gpu_layers;
  params.split_mode = settings.split_mode;
  params.main_gpu = settings.main_gpu;
  auto devices = devices_for(settings);
  if (!devices) return std::unexpected(devices.error());
  if (!devices->empty()) params.devices = devices->data();
  // llama.cpp prints dots otherwise.
  params.progress_callback = [](float, void*) { return true; };

  Model model{path, settings, nullptr, nullptr, 0, 0, {}, {}, refuse("unsupported", "no model is loaded"), {}};
  model.handle.reset(llama_model_load_from_file(path.c_str(), params));
  model.log = log::take();
  if (!model.handle) return std::unexpected(log::refusal("the model " + path + " cannot be loaded", model.log));
  if (llama_model_has_encoder(model.handle.get()) || !llama_model_has_decoder(model.handle.get())) {
    return refuse("unsupported", "the model " + path + " is not a decoder-only language model");
  }
  model.vocab = llama_model_get_vocab(model.handle.get());
  model.n_vocab = llama_vocab_n_tokens(model.vocab);
  model.n_ctx_train = llama_model_n_ctx_train(model.handle.get());
  model.chat = chat_template_of(*model.handle);
  for (llama_token token = 0; token < model.n_vocab; ++token) {
    if (llama_vocab_is_eog(model.vocab, token))
      model.end_tokens.push_back(token);
    else if ((llama_vocab_get_attr(model.vocab, token) & LLAMA_TOKEN_ATTR_NORMAL) != 0)
      model.ordinary_tokens.push_back(token);
  }
  if (model.ordinary_tokens.empty())
    return refuse("unsupported", "the model " + path + " has no vocabulary of text tokens");
  return model;
}

std::optional<std::string> vocabulary_difference(Model const& target, Model const& draft) {
  auto const named = [&](std::string const& what) {
    return "the draft model " + draft.path + " has another vocabulary than " + target.path + ": " + what;
  };
  if (target.n_vocab != draft.n_vocab)
    return named(std::to_string(draft.n_vocab) + " tokens, not " + std::to_string(target.n_vocab));
  for (llama_token token = 0; token < target.n_vocab; ++token) {
    std::string_view const ours = llama_vocab_get_text(target.vocab, token);
    std::string_view const its = llama_vocab_get_text(draft.vocab, token);
    if (ours != its)
      return named("token " + std::to_string(token) + " is '" + std::string(its) + "', not '" + std::string(ours) + "'");
  }
  return std::nullopt;
}

}  // namespace edgelab::llama
