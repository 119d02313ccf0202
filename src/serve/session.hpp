// Answers messages one after the other: what is the same whoever infers.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>

#include "core/result.hpp"
#include "serve/refusal.hpp"
#include "serve/stop.hpp"
#include "wire/wire.hpp"

namespace edgelab::serve {

// Belongs to one thread. A refusal, and what is thrown, is answered with an error of the message; a message that was cancelled before its
// work began has none done.
class Session {
 public:
  using Send = std::function<void(std::string_view lines)>;  // whole lines, to the coordinator

  // `stop` outlives it.
  Session(Send send, Stop& stop) : send_(std::move(send)), stop_(stop) {}
  virtual ~Session() = default;
  Session(Session const&) = delete;
  Session& operator=(Session const&) = delete;

  // False: bye, leave.
  [[nodiscard]] bool answer(Result<wire::Request> const& message);

 protected:
  [[nodiscard]] virtual Outcome<protocol::HelloReply> hello() = 0;
  [[nodiscard]] virtual Outcome<protocol::Loaded> load(
      protocol::Load const& message) = 0;  // `id` is left to the caller
  // These send their answer themselves, as far as there is one.
  [[nodiscard]] virtual Outcome<void> run(protocol::Run const& message) = 0;
  [[nodiscard]] virtual Outcome<void> score(protocol::Score const& message) = 0;

  void send(std::string_view lines) const { send_(lines); }
  [[nodiscard]] Stop& stop() { return stop_; }

 private:
  void on(protocol::Hello const& message);
  void on(protocol::Load const& message);
  void on(protocol::Run const& message);
  void on(protocol::Score const& message);
  void work(std::int64_t id, std::function<Outcome<void>()> const& what);
  void attempt(std::int64_t id, std::function<Outcome<void>()> const& what);
  void fail(std::int64_t id, Refusal const& refusal);

  Send send_;
  Stop& stop_;
};

}  // namespace edgelab::serve
