#include "serve/session.hpp"

#include <exception>
#include <new>
#include <variant>

#include "serve/message_check.hpp"

namespace edgelab::serve {

bool Session::answer(Result<wire::Request> const& message) {
  if (!message) {
    fail(0, {"bad-request", message.error().describe()});
    return true;
  }
  if (std::holds_alternative<protocol::Bye>(*message)) return false;
  std::visit(
      [this](auto const& request) {
        if constexpr (requires { on(request); }) on(request);
      },
      *message);
  return true;
}

void Session::on(protocol::Hello const& message) {
  attempt(0, [&]() -> Outcome<void> {
    if (auto fault = fault_in(message)) return refuse("bad-request", *std::move(fault));
    auto const reply = hello();
    if (!reply) return std::unexpected(reply.error());
    send(wire::encode(*reply));
    return {};
  });
}

void Session::on(protocol::Load const& message) {
  work(message.id, [&]() -> Outcome<void> {
    auto reply = load(message);
    if (!reply) return std::unexpected(std::move(reply).error());
    reply->id = message.id;
    send(wire::encode(*reply));
    return {};
  });
}

void Session::on(protocol::Run const& message) {
  work(message.id, [&] { return run(message); });
}

void Session::on(protocol::Score const& message) {
  work(message.id, [&] { return score(message); });
}

void Session::work(std::int64_t id, std::function<Outcome<void>()> const& what) {
  stop_.begin(id);
  attempt(id, [&]() -> Outcome<void> {
    if (stop_.requested()) return refuse("cancelled", "cancelled on request");
    return what();
  });
}

// llama.cpp and HTTP's library are C++ inside, and a thread may not be had: what they throw ends here.
void Session::attempt(std::int64_t id, std::function<Outcome<void>()> const& what) {
  try {
    if (auto const done = what(); !done) fail(id, done.error());
  } catch (std::bad_alloc const&) {
    fail(id, {"oom", "out of memory"});
  } catch (std::exception const& error) {
    fail(id, {"failed", error.what()});
  }
}

void Session::fail(std::int64_t id, Refusal const& refusal) {
  send(wire::encode(protocol::Failure{id, refusal.kind, refusal.reason}));
}

}  // namespace edgelab::serve
