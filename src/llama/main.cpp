// edgelab-llama: the executor that runs models in-process with llama.cpp. Speaks the executor protocol (docs/PROTOCOL.md)
// over its standard input and output; the standard error is a log for people.
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "llama/backends.hpp"
#include "llama/session.hpp"
#include "serve/inbox.hpp"
#include "serve/standard_streams.hpp"
#include "serve/stop.hpp"

int main() {
  using namespace edgelab;
  auto* const out = serve::protocol_output();
  if (out == nullptr) {
    std::perror("edgelab-llama: standard output");
    return EXIT_FAILURE;
  }
  std::ios::sync_with_stdio(false);
  auto const& backend_log = llama::start_backends();

  serve::Stop stop;
  serve::Inbox inbox(stop);
  serve::read_input(inbox);
  llama::Session session(
      [out](std::string_view lines) {
        std::fwrite(lines.data(), 1, lines.size(), out);
        std::fflush(out);
      },
      stop, backend_log);
  while (auto const message = inbox.next()) {
    if (!session.answer(*message)) break;
  }
  std::fflush(out);
  // Not through main's end: the reading thread may still wait for input, and uses what stands here.
  std::_Exit(EXIT_SUCCESS);
}
