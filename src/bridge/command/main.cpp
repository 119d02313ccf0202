// edgelab-command: the executor that runs a program which only prints, once a request. Its arguments are the program and its
// arguments, with names in braces. Speaks the executor protocol (docs/PROTOCOL.md) over its standard input and output.
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <format>
#include <print>
#include <string>
#include <vector>

#include "bridge/command/backend.hpp"
#include "bridge/session.hpp"
#include "core/process.hpp"

namespace {

int refuse(std::string const& what) {
  std::println(stderr, "edgelab-command: {}", what);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace edgelab;
  std::vector<std::string> const words(argv + 1, argv + argc);
  auto command = bridge::CommandTemplate::parse(words);
  if (!command) return refuse(command.error().describe());
  if (!find_program(words.front())) return refuse(std::format("there is no program '{}'", words.front()));
  auto folder = (std::filesystem::temp_directory_path() / "edgelab-command-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) return refuse(std::format("{}: {}", folder, std::strerror(errno)));
  bridge::serve_and_exit(
      std::make_unique<bridge::CommandBackend>(*std::move(command), words.front(), std::filesystem::path(folder)),
      "edgelab-command");
}
