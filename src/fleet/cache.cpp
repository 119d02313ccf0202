#include "fleet/cache.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <format>
#include <string>
#include <system_error>

#include "fleet/names.hpp"
#include "probe/environment.hpp"

namespace edgelab::fleet {

namespace fs = std::filesystem;

// Two agents would write the same parts. The system lets go of it however the process ends.
struct Cache::Hold {
  int descriptor;
  explicit Hold(fs::path const& file) : descriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {}
  ~Hold() {
    if (descriptor >= 0) ::close(descriptor);
  }
  Hold(Hold const&) = delete;
  Hold& operator=(Hold const&) = delete;
};

Result<Cache> Cache::in(fs::path folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(std::format("the folder for models {} cannot be made: {}", folder.string(), error.message()));
  auto hold = std::make_shared<Hold>(folder / ".lock");
  if (hold->descriptor < 0 || ::flock(hold->descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      return fail(std::format("another agent uses the folder {}: give this one another with --store", folder.string()));
    return fail(std::format("the folder for models {} cannot be held: {}", folder.string(),
                            std::generic_category().message(errno)));
  }
  return Cache(fs::absolute(folder), std::move(hold));
}

fs::path Cache::path_of(std::string_view digest) const { return folder_ / (std::string(digest) + ".gguf"); }

std::optional<fs::path> Cache::find(std::string_view digest) const {
  if (!digest_of(model_name(digest))) return std::nullopt;
  auto file = path_of(digest);
  std::error_code ignored;
  return fs::is_regular_file(file, ignored) ? std::optional(std::move(file)) : std::nullopt;
}

std::optional<std::string> Cache::name_of(fs::path const& file) const {
  if (file.parent_path() != folder_ || file.extension() != ".gguf") return std::nullopt;
  auto name = model_name(file.stem().string());
  return digest_of(name) ? std::optional(std::move(name)) : std::nullopt;
}

fs::path Cache::part_of(std::string_view digest) const { return folder_ / (std::string(digest) + ".part"); }

std::expected<fs::path, NotHere> Cache::admit(std::string_view digest) const {
  auto const part = part_of(digest);
  auto const found = probe::sha256_of(part);
  if (!found) return std::unexpected(NotHere{found.error()});
  std::error_code error;
  if (*found != digest) {
    fs::remove(part, error);
    auto why = std::format("what came as the model {} has the SHA-256 {}; it was deleted", digest, *found);
    return std::unexpected(NotHere{{std::move(why), {}}, true});
  }
  auto file = path_of(digest);
  fs::rename(part, file, error);
  if (error)
    return std::unexpected(
        NotHere{{std::format("{} cannot be moved to its place: {}", part.string(), error.message()), {}}});
  return file;
}

}  // namespace edgelab::fleet
