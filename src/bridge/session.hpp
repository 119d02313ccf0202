// What messages make of a backend, whatever that is.
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "bridge/backend.hpp"
#include "serve/session.hpp"

namespace edgelab::bridge {

class Session final : public serve::Session {
 public:
  Session(Send send, Stop& stop, Backend& backend) : serve::Session(std::move(send), stop), backend_(backend) {}

 private:
  [[nodiscard]] Outcome<protocol::HelloReply> hello() override;
  [[nodiscard]] Outcome<protocol::Loaded> load(protocol::Load const& message) override;
  [[nodiscard]] Outcome<void> run(protocol::Run const& message) override;
  [[nodiscard]] Outcome<void> score(protocol::Score const& message) override;

  Backend& backend_;
};

// The whole of main(): speaks the protocol over standard input and output until bye. Does not return.
[[noreturn]] void serve_and_exit(std::unique_ptr<Backend> backend, std::string_view program);

}  // namespace edgelab::bridge
