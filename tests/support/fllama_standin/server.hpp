// A model with its context, and four slots that requests are worked on in: what stands behind libfllama's functions, as far as an
// executor can see it. Slow and simple: one row a step.
#pragma once

#include <llama.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "support/fllama_standin/abi.h"

namespace edgelab::testing::fllama_standin {

inline constexpr int slots = 4;

// What a server is loaded with, and what makes it be loaded again where it differs. The number of threads is not among it.
struct Loaded {
  int context_size = 0;
  int gpu_layers = 0;
  std::string draft;
  bool operator==(Loaded const&) const = default;
};

struct Slot {
  int id = 0;
  std::vector<llama_token> tokens;  // in its cache
  long last_used = -1;
  bool busy = false;
};

using Emit = std::function<void(std::string const& text, std::string const& json, bool done)>;

class Server {
 public:
  // Null where the model or its context cannot be had.
  [[nodiscard]] static std::shared_ptr<Server> load(std::string const& path, Loaded const& how, int threads);

  void run(standin_request const& request, Emit const& emit, std::function<bool()> const& cancelled);
  [[nodiscard]] Loaded const& loaded() const { return how_; }

 private:
  Server() = default;
  [[nodiscard]] Slot& take_slot(std::vector<llama_token> const& prompt);
  void give_back(Slot& slot);
  [[nodiscard]] bool decode(Slot& slot, std::vector<llama_token> const& tokens, std::size_t from);
  [[nodiscard]] llama_token pick(float temperature);

  Loaded how_;
  std::unique_ptr<llama_model, decltype(&llama_model_free)> model_{nullptr, llama_model_free};
  std::unique_ptr<llama_context, decltype(&llama_free)> context_{nullptr, llama_free};
  std::mutex mutex_;
  std::condition_variable slot_free_;
  std::array<Slot, slots> slots_;
  long clock_ = 0;
};

// Tokens of a prompt, with the one that the model puts first; what looks like a special token is one.
[[nodiscard]] std::vector<llama_token> tokens_of(llama_vocab const* vocab, std::string const& text);

}  // namespace edgelab::testing::fllama_standin
