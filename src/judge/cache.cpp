#include "judge/cache.hpp"

#include <unistd.h>

#include <cstdlib>
#include <format>
#include <fstream>
#include <iterator>
#include <system_error>

namespace edgelab::judge {

namespace fs = std::filesystem;

namespace {

std::string variable(char const* name) {
  auto const* const value = std::getenv(name);
  return value == nullptr ? std::string{} : std::string(value);
}

}  // namespace

fs::path cache_folder() {
  if (auto const own = variable("EDGELAB_CACHE"); !own.empty()) return fs::path(own) / "judge";
  if (auto const shared = variable("XDG_CACHE_HOME"); !shared.empty())
    return fs::path(shared) / "edge-llm-lab" / "judge";
  if (auto const home = variable("HOME"); !home.empty()) return fs::path(home) / ".cache" / "edge-llm-lab" / "judge";
  return {};
}

std::optional<std::string> Cache::find(std::string const& hash) const {
  if (folder_.empty()) return std::nullopt;
  std::ifstream in(folder_ / hash, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void Cache::keep(std::string const& hash, std::string const& text) const {
  if (folder_.empty()) return;
  std::error_code error;
  fs::create_directories(folder_, error);
  // Written beside, then renamed: another run never reads half of it.
  auto const part = folder_ / std::format("{}.{}.part", hash, ::getpid());
  std::ofstream out(part, std::ios::binary);
  out << text;
  out.close();
  if (out) fs::rename(part, folder_ / hash, error);
  if (!out || error) fs::remove(part, error);
}

}  // namespace edgelab::judge
