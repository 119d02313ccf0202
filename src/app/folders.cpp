#include "app/folders.hpp"

#include <cstdlib>

namespace edgelab::app {

namespace {

std::filesystem::path folder_of(char const* variable, char const* usual) {
  // NOLINTBEGIN(concurrency-mt-unsafe): nothing in this program changes the environment
  char const* const named = std::getenv(variable);
  char const* const home = std::getenv("HOME");
  // NOLINTEND(concurrency-mt-unsafe)
  if (named != nullptr && *named == '/') return std::filesystem::path(named) / "edge-llm-lab";
  return std::filesystem::path(home != nullptr && *home != '\0' ? home : ".") / usual / "edge-llm-lab";
}

}  // namespace

std::filesystem::path cache_folder() { return folder_of("XDG_CACHE_HOME", ".cache"); }
std::filesystem::path state_folder() { return folder_of("XDG_STATE_HOME", ".local/state"); }

}  // namespace edgelab::app
