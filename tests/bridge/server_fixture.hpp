// A small model, and what runs it.
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
#include "bridge/processes.hpp"
#include "core/clock.hpp"
#include "model/gguf_file.hpp"

namespace edgelab::bridge {

inline constexpr auto key = "a-key-for-tests";

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
