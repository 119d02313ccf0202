// A small model, and what runs it: processes by what /proc says of them.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "bridge/backend.hpp"
#include "core/clock.hpp"
#include "model/gguf_file.hpp"

namespace edgelab::bridge {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

inline constexpr auto key = "a-key-for-tests";
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

class LlamaServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ::setenv("LLAMA_API_KEY", key, 1);
    auto name = ::testing::TempDir() + "bridge-server-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    model_ = folder_ / "tiny.gguf";
    auto const shape = model::parse_shape("tiny-llama");
    ASSERT_TRUE(shape && model::synthesise(*shape, "f16", 1, model_));
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string program(std::string const& script) const {
    auto const file = folder_ / "fake-server";
    std::ofstream(file) << "#!/bin/sh\n" << script;
    ::chmod(file.c_str(), 0755);
    return file.string();
  }

  [[nodiscard]] std::vector<std::string> arguments(std::string const& more = "1") const {
    return {"--model", model_.string(), "--ctx-size", "512", "--parallel", "1", "--threads", more};
  }

  [[nodiscard]] static protocol::Run run_of(std::int32_t max_tokens, Flags flags) {
    protocol::Run run;
    run.flags = std::move(flags);
    run.flags.try_emplace("threads", "1");
    run.flags.try_emplace("parallel", "1");
    protocol::TrialRequest one;
    one.id = "a";
    one.prompt = "the quick brown fox";
    one.max_tokens = max_tokens;
    one.ignore_eos = true;
    run.requests = {one};
    return run;
  }

  fs::path folder_;
  fs::path model_;
  Stop stop_;
};

}  // namespace edgelab::bridge
