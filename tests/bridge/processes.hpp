// Processes by what /proc says of them, and waiting for what will be.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.hpp"

namespace edgelab::bridge {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

inline constexpr std::chrono::milliseconds plenty = 120s;

// Those with this in their command line; not the shells that start them.
inline std::vector<pid_t> processes_with(std::string const& part) {
  std::vector<pid_t> found;
  for (auto const& entry : fs::directory_iterator("/proc")) {
    auto const name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "cmdline", std::ios::binary);
    std::string const line((std::istreambuf_iterator<char>(file)), {});
    if (line.contains(part) && !line.starts_with("/bin/sh")) found.push_back(std::stoi(name));
  }
  return found;
}

inline char state_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string const line((std::istreambuf_iterator<char>(file)), {});
  auto const at = line.rfind(") ");
  return at == std::string::npos ? '?' : line[at + 2];
}

template <typename Condition>
bool comes_true(Condition const& condition) {
  for (auto const end = Clock::now() + plenty; Clock::now() < end; std::this_thread::sleep_for(5ms))
    if (condition()) return true;
  return false;
}

}  // namespace edgelab::bridge
