// A libfllama that has been loaded: requests, tokens, templates, its log. Loaded once a process, never unloaded.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "bridge/fllama/abi.hpp"
#include "core/clock.hpp"
#include "core/result.hpp"

namespace edgelab::bridge::fllama {

// What is asked of it, with texts of its own.
struct Question {
  std::string model;
  std::string prompt;               // or
  std::string chat_json;            // not empty: a chat
  std::string draft;                // empty: nothing drafts
  std::int32_t context_size = 0;
  std::int32_t max_tokens = 0;
  std::int32_t gpu_layers = 0;
  std::int32_t threads = 1;
  std::int32_t draft_max = 0;       // 0: the library's choice
  float draft_p_min = -1.0F;        // below 0: the library's choice
};

// One call back. The views are valid meanwhile.
struct Heard {
  Clock::time_point at;
  std::string_view text;            // all of it so far
  std::string_view json;            // empty: what stands in `text` is an error, if this is the end
  bool done = false;
};

class Library {
 public:
  // Fails where it cannot be loaded or lacks a function.
  [[nodiscard]] static Result<Library*> open(std::string const& path);

  // Asks, hands on what is heard, and comes back when the request has ended. `on_heard` is called on this thread; what it throws
  // ends the process. Several may ask at once. `id` is for cancel() and must not come twice.
  void ask(std::int32_t id, Question const& question, std::function<void(Heard const&)> const& on_heard);
  // That request ends soon, also one that has not begun. From any thread.
  void cancel(std::int32_t id) { cancel_(id); }
  [[nodiscard]] std::int32_t new_id();

  // How many tokens a prompt has, with the one that the model puts first, if it does; nullopt: the model cannot be read. Reads
  // the vocabulary alone. Silences llama.cpp's log: listen() afterwards.
  [[nodiscard]] std::optional<std::int64_t> count_tokens(std::string const& model, std::string const& text);
  [[nodiscard]] std::string chat_template(std::string const& model);  // empty: it has none

  // From here on llama.cpp's log is kept; false: the library does not export what that needs.
  bool listen();
  [[nodiscard]] bool finds_accelerator() const { return accelerators_ > 0; }
  [[nodiscard]] std::string take_log();  // what was kept since the last call, at most 4 MiB
  [[nodiscard]] std::string version() const;  // "ggml 0.27.0, commit abc", as far as it tells

 private:
  Library() = default;
  void* handle_ = nullptr;
  int accelerators_ = 0;
  InferenceSync inference_ = nullptr;
  Cancel cancel_ = nullptr;
  Tokenize tokenize_ = nullptr;
  TextOfModel template_ = nullptr;
};

}  // namespace edgelab::bridge::fllama
