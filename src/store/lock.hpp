// Keeps a second run out of a folder.
#pragma once

#include <filesystem>

#include "core/result.hpp"

namespace edgelab::store {

// Held while it lives; the system lets go of it when the process ends, however it ends.
class FolderLock {
 public:
  // Takes `folder`/results.lock, or says who has it.
  [[nodiscard]] static Result<FolderLock> take(std::filesystem::path const& folder);

  FolderLock(FolderLock&& other) noexcept;
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  FolderLock(std::filesystem::path file, int descriptor);
  std::filesystem::path file_;
  int descriptor_ = -1;
};

}  // namespace edgelab::store
