#include "app/scratch.hpp"

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace edgelab::app {

Result<Scratch> Scratch::make() {
  std::error_code error;
  auto const parent = std::filesystem::temp_directory_path(error);
  if (error) return fail("there is no folder for temporary files: " + error.message());
  auto pattern = (parent / "edgelab-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr)
    return fail(parent.string() + ": no folder can be made there: " + std::strerror(errno));
  return Scratch(pattern);
}

Scratch::Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}

Scratch::~Scratch() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace edgelab::app
