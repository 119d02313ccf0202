#include "llama/chat.hpp"

#include <chrono>
#include <exception>
#include <minja/chat-template.hpp>

namespace edgelab::llama {

Outcome<ChatTemplate> ChatTemplate::parse(std::string const& source, std::string const& bos, std::string const& eos) {
  ChatTemplate chat;
  chat.bos_ = bos;
  try {
    chat.parsed_ = std::make_shared<minja::chat_template const>(source, bos, eos);
  } catch (std::exception const& error) {
    return refuse("unsupported", std::string("the model's chat template cannot be understood: ") + error.what());
  }
  return chat;
}

Outcome<std::string> ChatTemplate::apply(std::vector<std::map<std::string, std::string>> const& messages) const {
  minja::chat_template_inputs inputs;
  inputs.messages = nlohmann::ordered_json::array();
  for (auto const& message : messages) {
    auto const role = message.find("role");
    auto const content = message.find("content");
    if (role == message.end() || content == message.end())
      return refuse("bad-request", "a message needs a role and a content");
    inputs.messages.push_back({{"role", role->second}, {"content", content->second}});
  }
  inputs.add_generation_prompt = true;
  inputs.now = std::chrono::sys_days(std::chrono::July / 26 / 2024);
  std::string text;
  try {
    text = parsed_->apply(inputs);
  } catch (std::exception const& error) {
    return refuse("unsupported", std::string("the model's chat template refuses these messages: ") + error.what());
  }
  if (!bos_.empty() && text.starts_with(bos_)) text.erase(0, bos_.size());
  return text;
}

}  // namespace edgelab::llama
