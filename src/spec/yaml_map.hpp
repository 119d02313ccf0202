// yaml-cpp's nodes: their places, and maps as lists of entries.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <string>
#include <vector>

#include "spec/document.hpp"

namespace edgelab::spec {

[[nodiscard]] document::Mark mark_of(YAML::Mark const& mark);
[[nodiscard]] document::Mark mark_of(YAML::Node const& node);

// Null is a word of YAML, and also the name of an executor: it keeps its text here.
[[nodiscard]] std::string scalar_text(YAML::Node const& node);

// "a map", "a list", "'text'", "nothing".
[[nodiscard]] std::string kind_of(YAML::Node const& node);

struct Entry {
  std::string key;
  document::Mark mark;
  YAML::Node value;
};

// Reads the maps of one file.
class MapReader {
 public:
  using OnError = std::function<void(document::Mark, std::string)>;
  explicit MapReader(OnError on_error) : error_(std::move(on_error)) {}

  // The pairs of a map in the order of the file, keys that stand twice included; those merged with `<<` after its
  // own, and only where it has none of that key.
  std::vector<Entry> entries_of(YAML::Node const& map);

 private:
  void add_merged(YAML::Node const& source, std::vector<Entry>& entries, int depth);

  OnError error_;
  int merges_ = 0;
  bool too_many_ = false;
};

}  // namespace edgelab::spec
