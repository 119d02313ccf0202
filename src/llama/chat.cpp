#include "llama/chat.hpp"

namespace edgelab::llama {

Outcome<std::string> apply_chat_template(Model const& model,
                                         std::vector<std::map<std::string, std::string>> const& messages) {
  auto const* chat_template = llama_model_chat_template(model.handle.get(), nullptr);
  if (chat_template == nullptr) {
    return refuse("unsupported", "the model has no chat template, so it takes prompts but no messages");
  }
  std::vector<llama_chat_message> chat;
  std::size_t bytes = 256;
  for (auto const& message : messages) {
    auto const role = message.find("role");
    auto const content = message.find("content");
    if (role == message.end() || content == message.end())
      return refuse("bad-request", "a message needs a role and a content");
    chat.push_back({role->second.c_str(), content->second.c_str()});
    bytes += 2 * (role->second.size() + content->second.size());
  }
  std::string text(bytes, '\0');
  for (;;) {
    auto const length = llama_chat_apply_template(chat_template, chat.data(), chat.size(), true, text.data(),
                                                  static_cast<std::int32_t>(text.size()));
    if (length < 0) {
      return refuse(
          "unsupported",
          "the model's chat template is none of those llama.cpp knows by sight: render the messages and give a prompt");
    }
    bool const fitted = static_cast<std::size_t>(length) <= text.size();
    text.resize(static_cast<std::size_t>(length));
    if (fitted) return text;
  }
}

}  // namespace edgelab::llama
