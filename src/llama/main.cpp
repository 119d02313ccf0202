// edgelab-llama: the executor that runs models in-process with llama.cpp. Speaks the executor protocol (docs/PROTOCOL.md)
// over its standard input and output; the standard error is a log for people.
#include <llama.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <mutex>

#include "llama/log.hpp"
#include "llama/session.hpp"
#include "serve/inbox.hpp"
#include "serve/protocol_output.hpp"
#include "serve/stop.hpp"

using namespace edgelab::llama;

int main() {
  auto* const out = edgelab::serve::protocol_output();
  if (out == nullptr) {
    std::perror("edgelab-llama: standard output");
    return EXIT_FAILURE;
  }
  std::ios::sync_with_stdio(false);
  log::capture();
  llama_backend_init();
  ggml_backend_load_all();
  auto backend_log = log::take();

  edgelab::serve::Stop stop;
  edgelab::serve::Inbox inbox(std::cin, stop);
  Session session(
      [out](std::string_view lines) {
        std::fwrite(lines.data(), 1, lines.size(), out);
        std::fflush(out);
      },
      stop, std::move(backend_log));
  while (auto const message = inbox.next()) {
    if (!session.answer(*message)) break;
  }
  std::fflush(out);
  // Not through main's end: the reading thread may still wait for input.
  std::_Exit(EXIT_SUCCESS);
}
