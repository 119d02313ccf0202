#include "spec/yaml_map.hpp"

#include <algorithm>
#include <format>
#include <utility>

namespace edgelab::spec {

namespace {

// Maps that merge each other could otherwise grow without end.
constexpr int max_merge_depth = 8;
constexpr int max_merges = 10'000;

}  // namespace

document::Mark mark_of(YAML::Mark const& mark) {
  return mark.is_null() ? document::Mark{} : document::Mark{mark.line + 1, mark.column + 1};
}

document::Mark mark_of(YAML::Node const& node) { return mark_of(node.Mark()); }

std::string scalar_text(YAML::Node const& node) { return node.IsNull() ? "null" : node.Scalar(); }

std::string kind_of(YAML::Node const& node) {
  switch (node.Type()) {
    case YAML::NodeType::Map: return "a map";
    case YAML::NodeType::Sequence: return "a list";
    case YAML::NodeType::Scalar: return std::format("'{}'", node.Scalar());
    default: return "nothing";
  }
}

std::vector<Entry> MapReader::entries_of(YAML::Node const& map) {
  std::vector<Entry> entries;
  std::vector<YAML::Node> merges;
  for (auto const& pair : map) {
    if (!pair.first.IsScalar() && !pair.first.IsNull()) {
      error_(mark_of(pair.first), "a key has to be a plain text");
      continue;
    }
    auto key = scalar_text(pair.first);
    if (key == "<<") merges.push_back(pair.second);
    else entries.push_back({std::move(key), mark_of(pair.first), pair.second});
  }
  for (auto const& merge : merges) add_merged(merge, entries, 0);
  return entries;
}

void MapReader::add_merged(YAML::Node const& source, std::vector<Entry>& entries, int depth) {
  if (depth > max_merge_depth || ++merges_ > max_merges) {
    if (!std::exchange(too_many_, true)) error_(mark_of(source), "too many maps are merged here with '<<'");
    return;
  }
  if (source.IsSequence()) {
    for (auto const& item : source) add_merged(item, entries, depth + 1);
    return;
  }
  if (!source.IsMap()) return error_(mark_of(source), "'<<' merges a map or a list of maps; this is " + kind_of(source));
  for (auto const& pair : source) {
    if (!pair.first.IsScalar()) continue;
    auto const key = pair.first.Scalar();
    if (key == "<<") {
      add_merged(pair.second, entries, depth + 1);
    } else if (std::ranges::find(entries, key, &Entry::key) == entries.end()) {
      entries.push_back({key, mark_of(pair.first), pair.second});
    }
  }
}

}  // namespace edgelab::spec
