#include "serve/protocol_output.hpp"

#include <unistd.h>

namespace edgelab::serve {

std::FILE* protocol_output() {
  auto const copy = dup(STDOUT_FILENO);
  if (copy < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0) return nullptr;
  return fdopen(copy, "w");
}

}  // namespace edgelab::serve
