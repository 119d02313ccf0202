// The llama executor as a thread of this process: messages in, messages out.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <thread>

#include "core/result.hpp"

namespace edgelab::capi {

class Executor {
 public:
  // Called on a thread of the executor's, one message at a time, its newline not included. What it throws is dropped.
  using Receive = std::function<void(std::string_view message)>;

  // Fails where there is one already: llama.cpp's log, which tells what is in force, is one for the process.
  [[nodiscard]] static Result<std::unique_ptr<Executor>> create(Receive receive);

  // Stops what runs and waits for it; from within `receive` it does not wait. `receive` is not called after it.
  ~Executor();
  Executor(Executor const&) = delete;
  Executor& operator=(Executor const&) = delete;

  // Thread-safe. False: it has ended, by `bye` or since llama.cpp gave up, and takes no more.
  [[nodiscard]] bool submit(std::string_view message);

 private:
  struct State;
  explicit Executor(std::shared_ptr<State> state);

  std::shared_ptr<State> state_;  // shared with the thread, which may outlive this
  std::thread thread_;
};

}  // namespace edgelab::capi
