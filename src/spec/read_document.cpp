// reflect-cpp tells the keys and types of the structs in document.hpp, yaml-cpp the places. The walk over both is
// our own, because reflect-cpp's YAML reader does not know where a value stands.
#include "spec/read_document.hpp"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <format>
#include <limits>
#include <rfl.hpp>
#include <type_traits>

#include "core/text.hpp"
#include "spec/fields.hpp"
#include "spec/numbers.hpp"
#include "spec/shapes.hpp"
#include "spec/text_checks.hpp"
#include "spec/yaml_map.hpp"

namespace edgelab::spec {

namespace {

using document::At;
using document::FlagValue;
using document::FlagValues;
using document::Mark;
using document::Quantity;

// 1000000 rather than 1e+06.
std::string plain(double number) {
  return number == std::floor(number) ? std::format("{:.0f}", number) : std::format("{}", number);
}

class Reader {
 public:
  Reader(std::filesystem::path const& file, Diagnostics& errors) : file_(file), errors_(errors) {}

  void error(Mark mark, std::string message) { errors_.push_back({file_, mark.line, mark.column, std::move(message)}); }

  template <typename T>
  void read(YAML::Node const& node, T& into, Field const& field) {
    if constexpr (is_at<T>) {
      into.mark = mark_of(node);
      read(node, into.value, field);
    } else if constexpr (is_optional<T>) {
      if (!node.IsNull()) read(node, into.emplace(), field);  // a key without a value: as if it were left out
    } else if constexpr (is_list<T>) {
      read_list(node, into, field);
    } else if constexpr (is_variant<T>) {
      // Of a scalar and a struct.
      if (node.IsMap()) read(node, into.template emplace<1>(), field);
      else read(node, into.template emplace<0>(), field);
    } else if constexpr (std::is_same_v<T, std::string>) {
      read_text(node, into, field);
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
      read_number(node, into, field, "a whole number", parse_integer);
    } else if constexpr (std::is_same_v<T, double>) {
      read_number(node, into, field, "a number", parse_real);
    } else if constexpr (std::is_same_v<T, Quantity>) {
      into.mark = mark_of(node);
      read_text(node, into.text, field);
    } else if constexpr (std::is_same_v<T, FlagValue>) {
      read_flag_value(node, into, field.key);
    } else if constexpr (std::is_same_v<T, FlagValues>) {
      read_flags(node, into);
    } else {
      read_struct(node, into);
    }
  }

  template <typename Struct>
  void read_struct(YAML::Node const& node, Struct& into) {
    auto view = rfl::to_view(into);
    std::vector<std::string> keys;
    view.apply([&](auto const& field) { keys.emplace_back(field.name()); });
    if (!node.IsMap()) {
      return error(mark_of(node), std::format("{} needs a map with the keys {}; this is {}", a_noun<Struct>(),
                                              join(keys, ", "), kind_of(node)));
    }
    std::vector<std::string> seen;
    for (auto const& entry : maps_.entries_of(node)) {
      if (std::ranges::contains(seen, entry.key)) {
        error(entry.mark, std::format("the key '{}' stands twice in this {}", entry.key, Struct::noun));
        continue;
      }
      bool known = false;
      view.apply([&](auto const& field) {
        if (field.name() != entry.key) return;
        known = true;
        static Field const none{};
        auto const* const found = find_field(Struct::noun, entry.key);
        auto const& rule = found != nullptr ? *found : none;
        using Member = std::remove_pointer_t<std::remove_cvref_t<decltype(field.value())>>;
        // yaml-cpp places a value that is not there at whatever comes next.
        if (!is_optional<Member> && entry.value.IsNull() && !std::ranges::contains(rule.choices, "null")) {
          error(entry.mark, std::format("'{}' has no value: {}", entry.key, rule.help));
        } else {
          read(entry.value, *field.value(), rule);
        }
      });
      if (known) {
        seen.push_back(entry.key);
      } else if (!is_private_key<Struct>(entry.key)) {
        error(entry.mark, std::format("unknown key '{}'{}: {} has the keys {}", entry.key, suggestion(entry.key, keys),
                                      a_noun<Struct>(), join(keys, ", ")));
      }
    }
    view.apply([&](auto const& field) {
      using Member = std::remove_pointer_t<std::remove_cvref_t<decltype(field.value())>>;
      if constexpr (!is_optional<Member>) {
        std::string const key(field.name());
        if (!std::ranges::contains(seen, key)) {
          error(mark_of(node), std::format("{} needs the key '{}': {}", a_noun<Struct>(), key, help(Struct::noun, key)));
        }
      }
    });
  }

 private:
  template <typename Struct>
  static std::string a_noun() {
    auto const noun = Struct::noun;
    if (noun == "experiment" || noun == "executor") return std::format("an {}", noun);
    bool const is_key = noun == "arrivals" || noun == "sampling" || noun == "slo" || noun == "blocks" || noun == "until" ||
                        noun == "protocol" || noun == "quality" || noun == "judge" || noun == "combine" ||
                        noun == "cool_down" || noun == "sustained";
    return is_key ? std::format("'{}'", noun) : std::format("a {}", noun);
  }

  // At the top, keys that begin with x- are the user's own: a place for YAML anchors.
  template <typename Struct>
  static bool is_private_key(std::string const& key) {
    return std::is_same_v<Struct, document::Experiment> && key.starts_with("x-");
  }

  static std::string help(std::string_view noun, std::string_view key) {
    auto const* const field = find_field(noun, key);
    return field != nullptr ? std::string(field->help) : std::string{};
  }

  template <typename T>
  void read_list(YAML::Node const& node, std::vector<T>& into, Field const& field) {
    if (!node.IsSequence()) {
      return error(mark_of(node), std::format("'{}' needs a list; this is {}", field.key, kind_of(node)));
    }
    if (node.size() == 0) {
      return error(mark_of(node), std::format("'{}' is an empty list: expected at least one entry", field.key));
    }
    for (auto const& item : node) {
      std::size_t const errors_before = errors_.size();
      T value{};
      read(item, value, field);
      // A part that is wrong in itself is kept, so that what refers to it is not called unknown; a scalar that
      // could not be read is not.
      bool const unreadable = errors_.size() > errors_before && !item.IsMap();
      if (!unreadable) into.push_back(std::move(value));
    }
  }

  void read_text(YAML::Node const& node, std::string& into, Field const& field) {
    if (!node.IsScalar() && !(node.IsNull() && std::ranges::contains(field.choices, "null")) &&
        !(node.IsNull() && field.key == "executors")) {
      return error(mark_of(node), std::format("'{}' needs a text; this is {}", field.key, kind_of(node)));
    }
    auto text = scalar_text(node);
    if (trim(text).empty()) return error(mark_of(node), std::format("'{}' is empty", field.key));
    if (!field.choices.empty() && !std::ranges::contains(field.choices, std::string_view(text))) {
      std::vector<std::string> const choices{field.choices.begin(), field.choices.end()};
      return error(mark_of(node), std::format("'{}' is no value of '{}'{}: expected {}", text, field.key,
                                              suggestion(text, choices),
                                              choices.size() == 1 ? choices.front() : "one of " + join(choices, ", ")));
    }
    into = std::move(text);
  }

  template <typename Number, typename Parse>
  void read_number(YAML::Node const& node, Number& into, Field const& field, std::string_view what, Parse parse) {
    auto const number = node.IsScalar() ? parse(trim(node.Scalar())) : std::nullopt;
    auto const value = number ? static_cast<double>(*number) : std::nan("");
    if (value >= field.minimum && value <= field.maximum) {
      into = *number;
      return;
    }
    std::string range;
    if (std::isfinite(field.minimum)) range = std::format(" from {} to {}", plain(field.minimum), plain(field.maximum));
    error(mark_of(node), std::format("'{}' needs {}{}; this is {}", field.key, what, range, kind_of(node)));
  }

  void read_flag_value(YAML::Node const& node, FlagValue& into, std::string_view key) {
    into.mark = mark_of(node);
    if (node.IsScalar()) {
      into.text = node.Scalar();
    } else if (node.IsSequence()) {
      std::vector<std::string> items;
      for (auto const& item : node) {
        if (!item.IsScalar()) return error(mark_of(item), std::format("the list of '{}' may hold only plain texts", key));
        items.push_back(item.Scalar());
      }
      into.text = json_list(items);
    } else {
      error(into.mark, std::format("'{}' needs a value; this is {}", key, kind_of(node)));
    }
  }

  void read_flags(YAML::Node const& node, FlagValues& into) {
    if (!node.IsMap()) {
      return error(mark_of(node), std::format("'flags' needs a map, e.g. {{flash-attn: on}}; this is {}", kind_of(node)));
    }
    for (auto const& entry : maps_.entries_of(node)) {
      std::size_t const errors_before = errors_.size();
      document::Text name{entry.key, entry.mark};
      FlagValue value;
      if (entry.value.IsNull()) error(entry.mark, std::format("'{}' has no value", entry.key));
      else read_flag_value(entry.value, value, entry.key);
      if (errors_.size() == errors_before) into.entries.emplace_back(std::move(name), std::move(value));
    }
  }

  std::filesystem::path const& file_;
  Diagnostics& errors_;
  MapReader maps_{[this](Mark mark, std::string message) { error(mark, std::move(message)); }};
};

// Much larger than any file that people write, small enough to be read in a moment.
constexpr std::size_t max_file_bytes = std::size_t{4} << 20U;

}  // namespace

std::optional<document::Experiment> read_document(std::string const& yaml, std::filesystem::path const& file,
                                                  Diagnostics& errors) {
  Reader reader(file, errors);
  auto const give_up = [&](Mark mark, std::string message) {
    reader.error(mark, std::move(message));
    return std::nullopt;
  };
  if (yaml.size() > max_file_bytes) return give_up({}, "larger than 4 MiB: expected an experiment file");
  if (auto bad = not_text(yaml, file)) {
    errors.push_back(*std::move(bad));
    return std::nullopt;
  }
  try {
    auto const documents = YAML::LoadAll(std::string(without_bom(yaml)));
    if (documents.empty() || documents.front().IsNull()) {
      return give_up({}, std::format("the file is empty: expected an experiment, beginning with `schema: {}`", schema_version));
    }
    if (documents.size() > 1) return give_up(mark_of(documents[1]), "a second YAML document: expected one experiment a file");
    if (!documents.front().IsMap()) {
      return give_up(mark_of(documents.front()),
                     std::format("expected a map, beginning with `schema: {}`; this is {}", schema_version,
                                 kind_of(documents.front())));
    }
    document::Experiment experiment;
    reader.read_struct(documents.front(), experiment);
    return experiment;
  } catch (YAML::DeepRecursion const&) {
    return give_up({}, "lists or maps are nested hundreds of levels deep: expected an experiment file");
  } catch (YAML::Exception const& problem) {
    return give_up(mark_of(problem.mark), "not valid YAML: " + problem.msg);
  }
}

}  // namespace edgelab::spec
