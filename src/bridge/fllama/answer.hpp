// What fllama calls back with, as an answer. No I/O.
#pragma once

#include <cstdint>
#include <string>

#include "bridge/fllama/library.hpp"
#include "bridge/server/completion.hpp"

namespace edgelab::bridge::fllama {

enum class Form : std::uint8_t { prompt, chat };

// Reads the calls of one request into `asking`. For a prompt they carry what llama-server's /completion streams; for a chat what
// its /v1/chat/completions does, which tells no number of tokens before the end: there a call with more text is a token, and of what
// the end counts beyond them nobody knows when they came: they are told of then.
class AnswerReader {
 public:
  AnswerReader(Asking& asking, Form form, std::int32_t max_tokens)
      : asking_(asking), form_(form), max_tokens_(max_tokens), completion_(asking) {}

  void hear(Heard const& heard);
  // After the last call: an answer without an end is an error.
  void end();

  // Of the last call of a prompt: where it was worked on; -1: it did not say.
  [[nodiscard]] std::int32_t slot() const { return slot_; }

 private:
  void hear_lost_end(Heard const& heard, wire::Json const& json);
  void hear_chat(Heard const& heard);
  void end_chat(wire::Json const& json);

  Asking& asking_;
  Form form_;
  std::int32_t max_tokens_;
  CompletionReader completion_;
  std::size_t text_bytes_ = 0;  // of a chat, so far
  Clock::time_point last_;
  std::int32_t counted_ = 0;
  std::int32_t slot_ = -1;
  bool done_ = false;
};

}  // namespace edgelab::bridge::fllama
