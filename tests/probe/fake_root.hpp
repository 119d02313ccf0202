// A made-up root with /proc and /sys in it, gone with the test.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace edgelab::testing {

struct FakeRoot : ::testing::Test {
  std::filesystem::path root =
      std::filesystem::temp_directory_path() / ("edgelab-fake-root-" + std::to_string(getpid()));
  FakeRoot() {
    std::filesystem::remove_all(root);
    std::filesystem::create_directories(root);
  }
  ~FakeRoot() override { std::filesystem::remove_all(root); }

  void file(std::filesystem::path const& name, std::string const& text) const {
    std::filesystem::create_directories((root / name).parent_path());
    std::ofstream(root / name) << text;
  }
};

// /proc/PID/stat as Linux writes it.
struct FakeStat {
  int pid = 1;
  std::string name = "x";
  char state = 'S';
  int parent = 1;
  int minor = 0;
  int reaped_minor = 0;
  int major = 0;
  int reaped_major = 0;
  int user = 0;
  int system = 0;
  int reaped_user = 0;
  int reaped_system = 0;
  int start = 0;
  int pages = 0;

  [[nodiscard]] std::string text() const {
    auto const n = [](int value) { return std::to_string(value) + " "; };
    return n(pid) + "(" + name + ") " + state + " " + n(parent) + "2 3 4 5 6 " + n(minor) + n(reaped_minor) + n(major) +
           n(reaped_major) + n(user) + n(system) + n(reaped_user) + n(reaped_system) + "20 0 1 0 " + n(start) +
           "4096 " + n(pages) + "18446744073709551615 1 1\n";
  }
};

}  // namespace edgelab::testing
