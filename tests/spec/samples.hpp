// A small valid experiment to vary, and a folder that goes away.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "spec/parse.hpp"

namespace edgelab::spec {

// The lines of a valid experiment; a test replaces some, or adds at the end. Line 1 is lines[0].
struct Sample {
  std::vector<std::string> lines{
      "schema: edge-llm-lab/1",
      "name: sample",
      "models: [{id: m, path: m.gguf, draft: d.gguf}]",
      "workloads: [{id: w, kind: synthetic, prompt_tokens: [8], output_tokens: 8}]",
      "rounds:",
      "  - {name: fa, flags: {flash-attn: on}}",
      "  - {name: lookup, flags: {prompt-lookup: on, prompt-lookup-ngram: 3}}",
  };

  Sample line(std::size_t number, std::string text) && {
    lines.at(number - 1) = std::move(text);
    return std::move(*this);
  }
  Sample add(std::string text) && {
    lines.push_back(std::move(text));
    return std::move(*this);
  }
  [[nodiscard]] std::string text() const {
    std::string text;
    for (auto const& line : lines) text += line + "\n";
    return text;
  }
};

class Folder {
 public:
  Folder() {
    std::random_device random;
    path_ = std::filesystem::temp_directory_path() / ("edgelab-spec-" + std::to_string(random()) + std::to_string(random()));
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(Folder const&) = delete;
  Folder& operator=(Folder const&) = delete;

  [[nodiscard]] std::filesystem::path const& path() const { return path_; }
  std::filesystem::path write(std::string const& name, std::string_view text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

inline std::string describe(Diagnostics const& errors) {
  std::string text;
  for (auto const& error : errors) text += error.describe() + "\n";
  return text;
}

// The experiment, or a failed test that says why.
inline Experiment must_parse(std::string const& yaml, Overrides const& overrides = {},
                             std::filesystem::path const& origin = "sample.yaml") {
  auto parsed = parse(yaml, origin, overrides);
  if (parsed) return *std::move(parsed);
  ADD_FAILURE() << describe(parsed.error());
  return {};
}

}  // namespace edgelab::spec
