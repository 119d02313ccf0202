// A running edgelab-llama and tiny models, synthesised once a test program.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "llama/driver.hpp"
#include "model/gguf_file.hpp"

namespace edgelab::test {

class LlamaTest : public testing::Test {
 protected:
  static std::string model(std::string const& shape) {
    static Models models;
    return models.of(shape);
  }

  [[nodiscard]] std::variant<protocol::Loaded, protocol::Failure> load(std::string const& path, Flags flags = {}) {
    flags.insert({{"threads", "1"}, {"threads-batch", "1"}});
    executor.send(wire::encode(protocol::Load{1, path, {}, flags}));
    auto const reply = executor.receive();
    if (auto const* loaded = std::get_if<protocol::Loaded>(&reply)) return *loaded;
    return std::get<protocol::Failure>(reply);
  }

  // One thread, so that tests do not fight for cores and greedy output is the same in every run.
  static protocol::Run trial(Flags flags, std::vector<protocol::TrialRequest> requests) {
    protocol::Run run;
    run.id = 2;
    run.flags = std::move(flags);
    run.flags.insert({{"threads", "1"}, {"threads-batch", "1"}});
    run.requests = std::move(requests);
    return run;
  }

  static protocol::TrialRequest request(std::string id, std::string prompt, std::int32_t max_tokens = 8) {
    protocol::TrialRequest made;
    made.id = std::move(id);
    made.prompt = std::move(prompt);
    made.max_tokens = max_tokens;
    return made;
  }

  static protocol::TrialRequest synthetic(std::string id, std::int32_t tokens, std::int32_t max_tokens) {
    protocol::TrialRequest made;
    made.id = std::move(id);
    made.synthetic_tokens = tokens;
    made.max_tokens = max_tokens;
    made.ignore_eos = true;
    return made;
  }

  LlamaProcess executor;

 private:
  // Files of this process, removed when it ends.
  struct Models {
    std::filesystem::path folder =
        std::filesystem::path(testing::TempDir()) / ("edgelab-llama-models-" + std::to_string(getpid()));
    std::map<std::string, std::string> files;

    Models() { std::filesystem::create_directories(folder); }
    ~Models() { std::filesystem::remove_all(folder); }
    std::string of(std::string const& shape) {
      auto& file = files[shape];
      if (!file.empty()) return file;
      file = folder / (std::to_string(files.size()) + ".gguf");
      auto const parsed = model::parse_shape(shape);
      EXPECT_TRUE(parsed) << parsed.error().describe();
      auto const written = model::synthesise(*parsed, "q4_0", 1, file);
      EXPECT_TRUE(written) << written.error().describe();
      return file;
    }
  };
};

}  // namespace edgelab::test
