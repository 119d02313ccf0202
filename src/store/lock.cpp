#include "store/lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <format>
#include <string>
#include <utility>

namespace edgelab::store {

namespace {

// Whether the name still leads to the file that was opened: its last holder may have removed it in between.
bool still_there(int descriptor, std::filesystem::path const& file) {
  struct stat opened{};
  struct stat named{};
  return ::fstat(descriptor, &opened) == 0 && ::stat(file.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

std::string holder(int descriptor) {
  std::array<char, 32> text{};
  auto const length = ::pread(descriptor, text.data(), text.size() - 1, 0);
  return length > 0 ? std::format(" (process {})", text.data()) : std::string{};
}

void sign(int descriptor) {
  auto const text = std::to_string(::getpid());
  // Only to tell people who it is: a lock that could not be signed is a lock all the same.
  if (::ftruncate(descriptor, 0) == 0 && ::pwrite(descriptor, text.data(), text.size(), 0) < 0) return;
}

}  // namespace

FolderLock::FolderLock(std::filesystem::path file, int descriptor) : file_(std::move(file)), descriptor_(descriptor) {}

FolderLock::FolderLock(FolderLock&& other) noexcept
    : file_(std::move(other.file_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

FolderLock::~FolderLock() {
  if (descriptor_ < 0) return;
  // Removed while it is held, so that nobody can be holding a file that has no name without noticing.
  if (!file_.empty()) ::unlink(file_.c_str());
  ::close(descriptor_);
}

Result<FolderLock> FolderLock::take(std::filesystem::path const& folder) {
  auto const file = folder / "results.lock";
  for (;;) {
    int const descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0) return fail(std::format("{}: cannot be written: {}", folder.string(), std::strerror(errno)));
    FolderLock lock("", descriptor);    // closes the file; nameless, because it is not ours to remove yet
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EINTR) continue;
      if (errno != EWOULDBLOCK)
        return fail(std::format("{}: cannot be locked: {}", file.string(), std::strerror(errno)));
      return fail(std::format("{}: another run{} is writing there; wait for it to end, or choose another folder",
                              folder.string(), holder(descriptor)));
    }
    if (!still_there(descriptor, file)) continue;
    sign(descriptor);
    lock.file_ = file;
    return lock;
  }
}

}  // namespace edgelab::store
