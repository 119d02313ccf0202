#include "serve/standard_streams.hpp"

#include <unistd.h>

#include <iostream>
#include <string>
#include <thread>

namespace edgelab::serve {

std::FILE* protocol_output() {
  auto const copy = dup(STDOUT_FILENO);
  if (copy < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) return nullptr;
  return fdopen(copy, "w");
}

void read_input(Inbox& inbox) {
  std::thread([&inbox] {
    for (std::string line; std::getline(std::cin, line);) inbox.put(line);
    inbox.end();
  }).detach();
}

}  // namespace edgelab::serve
