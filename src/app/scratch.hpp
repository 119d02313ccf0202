// A folder for what a command needs while it runs.
#pragma once

#include <filesystem>

#include "core/result.hpp"

namespace edgelab::app {

// In the system's folder for temporary files; gone with the object.
class Scratch {
 public:
  [[nodiscard]] static Result<Scratch> make();
  Scratch(Scratch&& other) noexcept;
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch();

  [[nodiscard]] std::filesystem::path const& path() const { return path_; }

 private:
  explicit Scratch(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace edgelab::app
