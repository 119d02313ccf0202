// Answers messages one after the other, whatever the backend is.
#pragma once

#include <functional>
#include <string_view>

#include "bridge/backend.hpp"
#include "core/result.hpp"
#include "wire/wire.hpp"

namespace edgelab::bridge {

class Session {
 public:
  using Send = std::function<void(std::string_view lines)>;   // whole lines, to the coordinator
  Session(Send send, Stop& stop, Backend& backend) : send_(std::move(send)), stop_(stop), backend_(backend) {}

  // False: bye, leave.
  [[nodiscard]] bool answer(Result<wire::Request> const& message);

 private:
  void on(protocol::Hello const& hello);
  void on(protocol::Load const& message);
  void on(protocol::Run const& message);
  void on(protocol::Score const& message);
  [[nodiscard]] Outcome<void> run(protocol::Run const& message);
  void fail(std::int64_t id, Refusal const& refusal);

  Send send_;
  Stop& stop_;
  Backend& backend_;
};

// The whole of main(): speaks the protocol over standard input and output until bye. Does not return.
[[noreturn]] void serve_and_exit(std::unique_ptr<Backend> backend, std::string_view program);

}  // namespace edgelab::bridge
