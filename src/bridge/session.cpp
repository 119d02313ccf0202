#include "bridge/session.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <format>
#include <iostream>
#include <new>
#include <variant>

#include "bridge/drive.hpp"
#include "serve/inbox.hpp"
#include "serve/standard_streams.hpp"
#include "serve/message_check.hpp"

namespace edgelab::bridge {

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

void Session::fail(std::int64_t id, Refusal const& refusal) {
  send_(wire::encode(protocol::Failure{id, refusal.kind, refusal.reason}));
}

void Session::on(protocol::Hello const& hello) {
  if (auto fault = serve::fault_in(hello)) return fail(0, {"bad-request", *std::move(fault)});
  auto reply = backend_.hello();
  if (reply) reply->abilities = {"after"};
  if (reply) send_(wire::encode(*reply));
  else fail(0, reply.error());
}

void Session::on(protocol::Load const& message) {
  stop_.begin(message.id);
  auto reply = backend_.load(message);
  if (!reply) return fail(message.id, reply.error());
  reply->id = message.id;
  send_(wire::encode(*reply));
}

void Session::on(protocol::Run const& message) {
  stop_.begin(message.id);
  try {
    if (auto const done = run(message); !done) fail(message.id, done.error());
  } catch (std::bad_alloc const&) {
    fail(message.id, {"oom", "out of memory"});
  } catch (std::exception const& error) {    // a thread that cannot be had, say
    fail(message.id, {"failed", error.what()});
  }
}

void Session::on(protocol::Score const& message) {
  fail(message.id, {"unsupported", "this executor sees what is generated and no probabilities: it cannot score"});
}

Outcome<void> Session::run(protocol::Run const& message) {
  if (auto fault = serve::fault_in(message)) return refuse("bad-request", *std::move(fault));
  if (stop_.requested()) return refuse("cancelled", "cancelled on request");
  auto const trial = backend_.prepare(message, workers_for(message), stop_);
  if (!trial) return std::unexpected(trial.error());
  Listeners listeners;
  listeners.on_progress = [&](std::int32_t requests, std::int64_t tokens) {
    send_(wire::encode(protocol::Progress{message.id, requests, tokens}));
  };
  if (message.live) {
    listeners.on_emission = [&](std::string const& request, std::int32_t tokens) {
      send_(wire::encode(protocol::Emission{message.id, request, tokens}));
    };
  }
  auto recording = drive(message, **trial, stop_, listeners);
  if (!recording) return std::unexpected(recording.error());
  for (auto const& line : wire::encode_timeline(message.id, timeline_of(*std::move(recording)))) send_(line);
  auto done = (*trial)->end();
  if (!done) return std::unexpected(done.error());
  done->id = message.id;
  send_(wire::encode(*done));
  return {};
}

void serve_and_exit(std::unique_ptr<Backend> backend, std::string_view program) {
  auto* const out = serve::protocol_output();
  if (out == nullptr) {
    std::perror(std::format("{}: standard output", program).c_str());
    std::exit(EXIT_FAILURE);
  }
  std::ios::sync_with_stdio(false);
  Stop stop;
  serve::Inbox inbox(stop);
  serve::read_input(inbox);
  {
    Session session(
        [out](std::string_view lines) {
          std::fwrite(lines.data(), 1, lines.size(), out);
          std::fflush(out);
        },
        stop, *backend);
    while (auto const message = inbox.next())
      if (!session.answer(*message)) break;
  }
  backend.reset();    // and with it what it has started
  std::fflush(out);
  // Not through main's end: the reading thread may still wait for input.
  std::_Exit(EXIT_SUCCESS);
}

}  // namespace edgelab::bridge
