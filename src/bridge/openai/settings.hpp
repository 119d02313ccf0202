// Where an OpenAI-compatible endpoint is and how it is spoken to.
#pragma once

#include <cstdint>
#include <string>

namespace edgelab::bridge {

enum class Api : std::uint8_t { chat, completions };

struct OpenAiSettings {
  std::string url;              // up to and with /v1
  std::string model;            // its name there; empty: the only one that the endpoint lists
  Api api = Api::chat;
  std::string key;              // empty: none is sent. In no message
  std::int32_t retries = 2;     // of a request, before its first token
};

}  // namespace edgelab::bridge
