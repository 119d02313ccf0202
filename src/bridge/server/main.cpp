// edgelab-server: the executor that drives llama-server. Speaks the executor protocol (docs/PROTOCOL.md) over its standard
// input and output; its standard error is the servers' log.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <format>
#include <fstream>
#include <print>
#include <span>
#include <string>

#include "bridge/arguments.hpp"
#include "bridge/server/backend.hpp"
#include "bridge/session.hpp"
#include "core/process.hpp"

namespace {

std::string random_key() {
  std::array<unsigned char, 24> bytes{};
  std::ifstream source("/dev/urandom", std::ios::binary);
  source.read(reinterpret_cast<char*>(bytes.data()), bytes.size());
  if (!source) return {};
  std::string key;
  for (auto const byte : bytes) key += std::format("{:02x}", byte);
  return key;
}

int refuse(std::string const& what) {
  std::println(stderr, "edgelab-server: {}", what);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace edgelab;
  auto const arguments =
      bridge::named_arguments(std::span(argv, static_cast<std::size_t>(argc)).subspan(1), {"--program"});
  if (!arguments) return refuse(arguments.error().describe());
  auto const named = arguments->contains("--program") ? arguments->at("--program") : std::string("llama-server");
  auto const program = find_program(named);
  if (!program) return refuse(std::format("there is no program '{}'", named));
  auto build = bridge::Build::ask(program->string());
  if (!build) return refuse(build.error().describe());
  auto key = random_key();
  if (key.empty()) return refuse("/dev/urandom cannot be read");
  ::setenv("LLAMA_API_KEY", key.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): no other thread is there yet
  bridge::serve_and_exit(std::make_unique<bridge::ServerBackend>(*std::move(build), std::move(key)), "edgelab-server");
}
