// edgelab-llama at the other end of two pipes.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wire/wire.hpp"

namespace edgelab::test {

class LlamaProcess {
 public:
  LlamaProcess() : LlamaProcess({EDGELAB_BIN_DIR "/edgelab-llama"}) {}
  explicit LlamaProcess(std::vector<std::string> const& command);
  ~LlamaProcess();
  LlamaProcess(LlamaProcess const&) = delete;
  LlamaProcess& operator=(LlamaProcess const&) = delete;

  void send(std::string_view line);
  [[nodiscard]] wire::Reply receive();              // throws where the process has ended or prints nonsense
  void close_input();
  [[nodiscard]] int wait();                         // exit status; 256 + signal where killed by one

  // Of a run: its timeline put together, what it ended with, and how many other messages came.
  struct Ran {
    Timeline timeline;
    std::variant<std::monostate, protocol::Done, protocol::Failure> end;
    int progress = 0;
    std::vector<protocol::Emission> emissions;

    [[nodiscard]] protocol::Done const& done() const { return std::get<protocol::Done>(end); }
    [[nodiscard]] protocol::Failure const& failure() const { return std::get<protocol::Failure>(end); }
  };
  [[nodiscard]] Ran run(protocol::Run const& run);
  [[nodiscard]] Ran finish_run();                   // what is left of a run already sent

 private:
  pid_t process_ = -1;
  std::FILE* to_ = nullptr;
  std::FILE* from_ = nullptr;
};

}  // namespace edgelab::test
