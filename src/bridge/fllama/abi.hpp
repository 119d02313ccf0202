// The C interface of libfllama as its header declares it (commit 3b1351a, June 2026): layout and names of symbols, in our own words.
// A layout that differs cannot be found out while the program runs: nothing in the library tells its version.
#pragma once

#include <cstddef>
#include <cstdint>

namespace edgelab::bridge::fllama {

// Passed by value; texts belong to the caller and are read while the request lasts.
struct Request {
  int request_id = 0;
  int context_size = 0;  // of all four slots together
  char* input = nullptr;  // the prompt
  int max_tokens = 0;
  char* model_path = nullptr;
  char* mmproj_path = nullptr;
  int num_gpu_layers = 0;
  int num_threads = 0;
  float temperature = 0.0F;
  float top_p = 1.0F;
  float penalty_freq = 0.0F;
  float penalty_repeat = 1.0F;
  char* grammar = nullptr;  // ignored
  char* eos_token = nullptr;  // ignored
  void (*logger)(char const*) = nullptr;  // null: what fllama itself says goes to the standard error
  char* chat_json = nullptr;  // {"messages": [...]}; in place of `input`
  char* draft_model_path = nullptr;
  int draft_n_max = 0;
  float draft_p_min = -1.0F;
};

struct TokenizeRequest {
  char* input = nullptr;
  char* model_path = nullptr;
};

// The text so far, what llama-server would have sent as JSON, and whether that was all. No word of whose it is.
using Callback = void (*)(char const* text, char const* json, std::uint8_t done);

using InferenceSync = void (*)(Request, Callback);
using Cancel = void (*)(int request_id);
using Tokenize = std::size_t (*)(TokenizeRequest);  // so many tokens; all bits set: the model cannot be read
using TextOfModel = char const* (*)(char const* model_path);
using GpuDeviceCount = int (*)();

inline constexpr int slots = 4;  // among which a context is divided

}  // namespace edgelab::bridge::fllama
