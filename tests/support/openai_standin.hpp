// A stand-in for OpenAI-compatible servers, in the forms in which Ollama and vLLM stream, with the faults that they may have.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace httplib {
class Server;
}

namespace edgelab::testing {

class OpenAiStandIn {
 public:
  enum class Form : std::uint8_t { ollama, vllm };

  struct Behaviour {
    Form form = Form::ollama;
    std::string model = "stand-in";
    std::string key;  // that requests must carry; empty: any
    std::chrono::microseconds pause{0};  // between tokens
    int busy_first = 0;  // so many requests are answered 429, with `retry_after`
    std::string retry_after = "0";
    std::string fault;  // "" | cut | empty | error-event | long-line | 500 | no-usage | no-finish
  };

  explicit OpenAiStandIn(Behaviour behaviour);
  ~OpenAiStandIn();

  [[nodiscard]] std::string url() const;  // up to and with /v1
  [[nodiscard]] int requests() const { return requests_.load(); }  // for completions, refused ones too
  [[nodiscard]] std::vector<std::string> bodies() const;

 private:
  struct Wanted;
  void listen();

  Behaviour behaviour_;
  std::unique_ptr<httplib::Server> server_;
  int port_ = 0;
  std::atomic<int> requests_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> bodies_;
  std::thread thread_;
};

}  // namespace edgelab::testing
