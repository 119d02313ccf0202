// A folder of one benchmark's own, gone with it.
#pragma once

#include <filesystem>
#include <format>
#include <fstream>
#include <string>
#include <string_view>

#include <unistd.h>

namespace edgelab::bench {

class Scratch {
 public:
  explicit Scratch(std::string_view name)
      : path_(std::filesystem::temp_directory_path() / std::format("edgelab-bench-{}-{}", name, getpid())) {
    std::filesystem::create_directories(path_);
  }
  Scratch(Scratch const&) = delete;
  Scratch& operator=(Scratch const&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

  // Writes a file and returns its path.
  std::filesystem::path file(std::string_view name, std::string_view text) const {
    std::ofstream(path_ / name) << text;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace edgelab::bench
