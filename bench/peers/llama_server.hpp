// llama-server: one process, asked over HTTP through a Unix socket.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/process.hpp"
#include "core/result.hpp"
#include "support/generation.hpp"
#include "support/scratch.hpp"

namespace edgelab::bench {

class LlamaServer {
 public:
  struct Options {
    std::filesystem::path model;
    int slots = 1;
    int context = 2048;              // tokens a slot
    bool cache_prompt = false;       // true: keeps what a prompt has in common with the last one
    std::vector<std::string> more{}; // further arguments
  };

  // Starts it and waits until it has loaded the model. REQUIRES that the calling thread outlives it.
  [[nodiscard]] static Result<std::unique_ptr<LlamaServer>> start(Options const& options);

  // One request after the other. Speeds are the server's own (`timings`): no HTTP in them.
  [[nodiscard]] Result<std::vector<Generation>> complete(std::span<Prompt const> prompts);

  // Always `streams` requests in flight, each stream with a connection of its own, open before the clock starts. The
  // time is this process's, from the first request to the last answer: HTTP is in it, though not a message a token, as
  // answers come whole.
  struct Throughput {
    double tokens = 0.0;
    double seconds = 0.0;
    std::vector<Generation> generations;
  };
  [[nodiscard]] Result<Throughput> serve(std::span<Prompt const> prompts, int streams);

  // Milliseconds to the first token of each, one request after the other, by the server's clock.
  [[nodiscard]] Result<std::vector<double>> first_token_ms(std::span<Prompt const> prompts);

  [[nodiscard]] Result<int> token_count(std::string const& text);
  // A chat as the model's template writes it; `messages` is JSON.
  [[nodiscard]] Result<std::string> render_chat(std::string const& messages);

 private:
  explicit LlamaServer(Options options) : options_(std::move(options)), scratch_("server") {}
  [[nodiscard]] Result<void> launch();

  Options options_;
  Scratch scratch_;
  std::string socket_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace edgelab::bench
