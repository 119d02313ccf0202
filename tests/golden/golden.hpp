// Comparing text with a file that is kept beside the tests. EDGELAB_BLESS=1 in the environment writes the file
// instead: look at the difference, then commit it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace edgelab::testing {

inline bool blessing() { return std::getenv("EDGELAB_BLESS") != nullptr; }

inline std::string read_text(std::filesystem::path const& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// Says where two texts first differ, rather than printing both.
inline ::testing::AssertionResult same_text(std::string const& expected, std::string const& actual) {
  std::istringstream a(expected);
  std::istringstream b(actual);
  std::string left;
  std::string right;
  for (int line = 1;; ++line) {
    bool const more_left = static_cast<bool>(std::getline(a, left));
    bool const more_right = static_cast<bool>(std::getline(b, right));
    if (!more_left && !more_right) break;
    if (!more_left) left = "(end of text)";
    if (!more_right) right = "(end of text)";
    if (left != right || more_left != more_right)
      return ::testing::AssertionFailure() << "line " << line << "\n  expected: " << left << "\n  actual:   " << right;
  }
  if (expected == actual) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "they differ in line ends only";
}

inline void expect_golden(std::filesystem::path const& path, std::string const& actual) {
  if (blessing()) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  EXPECT_TRUE(same_text(read_text(path), actual)) << path.string() << ": EDGELAB_BLESS=1 rewrites it";
}

}  // namespace edgelab::testing
