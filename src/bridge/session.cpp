#include "bridge/session.hpp"

#include <cstdio>
#include <cstdlib>
#include <format>
#include <iostream>
#include <utility>

#include "bridge/drive.hpp"
#include "serve/inbox.hpp"
#include "serve/message_check.hpp"
#include "serve/standard_streams.hpp"

namespace edgelab::bridge {

Outcome<protocol::HelloReply> Session::hello() {
  auto reply = backend_.hello();
  if (reply) reply->abilities = {"after"};
  return reply;
}

Outcome<protocol::Loaded> Session::load(protocol::Load const& message) { return backend_.load(message); }

Outcome<void> Session::score(protocol::Score const&) {
  return refuse("unsupported", "this executor sees what is generated and no probabilities: it cannot score");
}

Outcome<void> Session::run(protocol::Run const& message) {
  if (auto fault = serve::fault_in(message)) return refuse("bad-request", *std::move(fault));
  auto const trial = backend_.prepare(message, workers_for(message), stop());
  if (!trial) return std::unexpected(trial.error());
  Listeners listeners;
  listeners.on_progress = [&](std::int32_t requests, std::int64_t tokens) {
    send(wire::encode(protocol::Progress{message.id, requests, tokens}));
  };
  if (message.live) {
    listeners.on_emission = [&](std::string const& request, std::int32_t tokens) {
      send(wire::encode(protocol::Emission{message.id, request, tokens}));
    };
  }
  auto recording = drive(message, **trial, stop(), listeners);
  if (!recording) return std::unexpected(recording.error());
  for (auto const& line : wire::encode_timeline(message.id, timeline_of(*std::move(recording)))) send(line);
  auto done = (*trial)->end();
  if (!done) return std::unexpected(done.error());
  done->id = message.id;
  send(wire::encode(*done));
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
