// edgelab-llama: the executor that runs models in-process with llama.cpp. Speaks the executor protocol (docs/PROTOCOL.md)
// over its standard input and output; the standard error is a log for people.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>

#include "llama/backends.hpp"
#include "llama/inbox.hpp"
#include "llama/session.hpp"
#include "llama/stop.hpp"

namespace {

using namespace edgelab::llama;

// The standard output belongs to the protocol: whatever a library prints there goes to the standard error instead.
std::FILE* protocol_output() {
  auto const copy = dup(STDOUT_FILENO);
  if (copy < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) return nullptr;
  return fdopen(copy, "w");
}

void read_all(std::istream& in, Inbox& inbox) {
  std::string line;
  while (std::getline(in, line)) inbox.put(line);
  inbox.end();
}

}  // namespace

int main() {
  auto* const out = protocol_output();
  if (out == nullptr) {
    std::perror("edgelab-llama: standard output");
    return EXIT_FAILURE;
  }
  std::ios::sync_with_stdio(false);
  auto const& backend_log = start_backends();

  Stop stop;
  Inbox inbox(stop);
  std::thread([&inbox] { read_all(std::cin, inbox); }).detach();
  Session session(
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
