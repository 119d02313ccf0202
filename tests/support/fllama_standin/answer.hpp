// One answer of the stand-in, in the forms in which llama-server streams: plain ones and those of a chat.
#pragma once

#include <chrono>
#include <format>
#include <string>

#include "wire/json.hpp"

namespace edgelab::testing::fllama_standin {

struct Answer {
  bool chat = false;
  int slot = 0;
  int prompt_tokens = 0;
  int cached = 0;
  int made = 0;
  bool truncated = false;
  std::string text{};                  // so far, whole characters or not
  std::size_t sent = 0;                // bytes of it
  std::string stop_type = "none";
  std::chrono::steady_clock::time_point begin{}, read{};

  void prompt_begins() { begin = std::chrono::steady_clock::now(); }
  void prompt_ends() { read = std::chrono::steady_clock::now(); }
  void take(std::string const& piece) {
    text += piece;
    ++made;
  }
  void truncate() {
    truncated = true;
    stop_type = "limit";
  }

  [[nodiscard]] std::string timings() const {
    using ms = std::chrono::duration<double, std::milli>;
    return wire::JsonObject()
        .number("cache_n", cached)
        .number("prompt_n", prompt_tokens - cached)
        .number("prompt_ms", ms(read - begin).count())
        .number("predicted_n", made)
        .number("predicted_ms", ms(std::chrono::steady_clock::now() - read).count())
        .done();
  }

  [[nodiscard]] std::string partial() {
    auto const content = text.substr(sent);
    sent = text.size();
    if (chat) {
      auto const delta = wire::JsonObject().text("content", content).done();
      auto const choice = wire::JsonObject().raw("finish_reason", "null").number("index", 0).raw("delta", delta).done();
      return "[" +
             wire::JsonObject().raw("choices", "[" + choice + "]").text("object", "chat.completion.chunk").done() + "]";
    }
    return wire::JsonObject()
        .number("index", 0)
        .text("content", content)
        .raw("tokens", "[]")
        .truth("stop", false)
        .number("id_slot", -1)
        .number("tokens_predicted", made)
        .number("tokens_evaluated", prompt_tokens)
        .done();
  }

  [[nodiscard]] std::string final() const {
    if (chat) {
      auto const reason = stop_type == "limit" ? "length" : "stop";
      auto const choice = wire::JsonObject().text("finish_reason", reason).number("index", 0).raw("delta", "{}").done();
      return "[" + wire::JsonObject().raw("choices", "[" + choice + "]").raw("timings", timings()).done() + "]";
    }
    return wire::JsonObject()
        .number("index", 0)
        .text("content", "")
        .raw("tokens", "[]")
        .number("id_slot", slot)
        .truth("stop", true)
        .number("tokens_predicted", made)
        .number("tokens_evaluated", prompt_tokens)
        .truth("truncated", truncated)
        .text("stop_type", stop_type)
        .raw("timings", timings())
        .done();
  }
};

}  // namespace edgelab::testing::fllama_standin
