// edgelab-fllama: the executor that runs requests through a given libfllama. Speaks the executor protocol (docs/PROTOCOL.md)
// over its standard input and output; its standard error is the library's log. It starts itself again, with --process=worker,
// for each configuration: the worker holds the library, and this one passes messages on.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <print>
#include <span>
#include <string>

#include "bridge/arguments.hpp"
#include "bridge/fllama/backend.hpp"
#include "bridge/fllama/relay.hpp"
#include "bridge/session.hpp"
#include "serve/inbox.hpp"
#include "serve/standard_streams.hpp"

namespace {

using namespace edgelab;

int refuse(std::string const& what) {
  std::println(stderr, "edgelab-fllama: {}", what);
  return 2;
}

[[noreturn]] void relay_and_exit(std::string const& library) {
  auto* const out = serve::protocol_output();
  if (out == nullptr) {
    std::perror("edgelab-fllama: standard output");
    std::exit(EXIT_FAILURE);
  }
  std::ios::sync_with_stdio(false);
  bridge::Stop stop;
  serve::Inbox inbox(stop);
  serve::read_input(inbox);
  {
    // What it says goes where this one's own words go, if that can be opened again.
    auto const log = std::ofstream("/dev/stderr", std::ios::app) ? "/dev/stderr" : "";
    bridge::fllama::Relay relay(
        {"/proc/self/exe", "--process=worker", "--library=" + library}, log, bridge::fllama::configuration,
        [out](std::string_view lines) {
          std::fwrite(lines.data(), 1, lines.size(), out);
          std::fflush(out);
        },
        stop);
    while (auto const message = inbox.next())
      if (!relay.answer(*message)) break;
  }
  std::fflush(out);
  // Not through main's end: the reading thread may still wait for input.
  std::_Exit(EXIT_SUCCESS);
}

}  // namespace

int main(int argc, char** argv) {
  auto const given =
      bridge::named_arguments(std::span(argv, static_cast<std::size_t>(argc)).subspan(1), {"--library", "--process"});
  if (!given) return refuse(given.error().describe());
  auto const value = [&](std::string const& name) { return given->contains(name) ? given->at(name) : std::string{}; };
  auto library = value("--library");
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread is there yet
  if (char const* const named = std::getenv("EDGELAB_FLLAMA_LIB"); library.empty() && named != nullptr) library = named;
  auto const process = value("--process");
  if (process == "worker")
    bridge::serve_and_exit(std::make_unique<bridge::fllama::FllamaBackend>(library), "edgelab-fllama");
  if (!process.empty()) return refuse("--process is worker, or is left out");
  relay_and_exit(library);
}
