// The JSON Schema of experiment files: shape from the structs of document.hpp, meaning from fields.cpp, flags from
// the catalogue.
#include <yyjson.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <format>
#include <memory>
#include <rfl.hpp>
#include <string>
#include <type_traits>

#include "spec/catalogue.hpp"
#include "spec/document.hpp"
#include "spec/fields.hpp"
#include "spec/parse.hpp"
#include "spec/shapes.hpp"

namespace edgelab::spec {

namespace {

struct FreeDocument {
  void operator()(yyjson_mut_doc* document) const { yyjson_mut_doc_free(document); }
};

class SchemaWriter {
 public:
  std::string write() {
    auto* const root = object();
    yyjson_mut_doc_set_root(doc(), root);
    put(root, "$schema", "https://json-schema.org/draft/2020-12/schema");
    put(root, "title", "edge-llm-lab experiment");
    definitions_ = object();
    describe_struct<document::Experiment>(root);
    auto* const own = object();  // x-...: a place for anchors
    yyjson_mut_obj_add_val(doc(), own, "^x-", yyjson_mut_true(doc()));
    put(root, "patternProperties", own);
    put(root, "$defs", definitions_);
    std::size_t length = 0;
    std::unique_ptr<char, decltype(&std::free)> const text{
        yyjson_mut_write(doc(), YYJSON_WRITE_PRETTY_TWO_SPACES, &length), &std::free};
    return text ? std::string(text.get(), length) + "\n" : std::string{};
  }

 private:
  using Value = yyjson_mut_val*;

  yyjson_mut_doc* doc() { return document_.get(); }
  Value object() { return yyjson_mut_obj(doc()); }
  Value text(std::string_view value) { return yyjson_mut_strncpy(doc(), value.data(), value.size()); }

  void put(Value into, std::string_view key, Value value) { yyjson_mut_obj_add(into, text(key), value); }
  void put(Value into, std::string_view key, std::string_view value) { put(into, key, text(value)); }

  // 1 rather than 1.0 for whole numbers.
  void put_number(Value into, std::string_view key, double number) {
    if (!std::isfinite(number)) return;
    put(into, key, number == std::floor(number) ? yyjson_mut_sint(doc(), static_cast<std::int64_t>(number))
                                                : yyjson_mut_real(doc(), number));
  }

  Value of_type(std::string_view type) {
    auto* const schema = object();
    put(schema, "type", type);
    return schema;
  }

  Value any_of(std::initializer_list<Value> alternatives) {
    auto* const list = yyjson_mut_arr(doc());
    for (auto* const alternative : alternatives) yyjson_mut_arr_append(list, alternative);
    auto* const schema = object();
    put(schema, "anyOf", list);
    return schema;
  }

  Value texts(std::span<std::string_view const> values) {
    auto* const list = yyjson_mut_arr(doc());
    for (auto const value : values) yyjson_mut_arr_append(list, text(value));
    return list;
  }

  // YAML 1.1 editors read on and off as true and false.
  void add_truth(Value list) {
    yyjson_mut_arr_append(list, yyjson_mut_true(doc()));
    yyjson_mut_arr_append(list, yyjson_mut_false(doc()));
  }

  template <typename T>
  Value schema_of(Field const& field) {
    if constexpr (is_at<T>) {
      return schema_of<decltype(T::value)>(field);
    } else if constexpr (is_optional<T>) {
      return schema_of<typename T::value_type>(field);
    } else if constexpr (is_list<T>) {
      auto* const list = of_type("array");
      put_number(list, "minItems", 1);
      put(list, "items", schema_of<typename T::value_type>(field));
      return list;
    } else if constexpr (is_variant<T>) {
      return any_of({schema_of<std::variant_alternative_t<0, T>>(field), schema_of<std::variant_alternative_t<1, T>>(field)});
    } else if constexpr (std::is_same_v<T, std::string>) {
      // A text may look like a number: the reader takes it as it is written. One executor is named like YAML's null.
      if (field.key == "executors") return any_of({of_type("string"), of_type("null")});
      if (field.choices.empty()) return any_of({of_type("string"), of_type("number")});
      auto* const schema = object();
      auto* const values = texts(field.choices);
      for (auto const choice : field.choices) {
        if (choice == "null") yyjson_mut_arr_append(values, yyjson_mut_null(doc()));
      }
      if (std::ranges::contains(field.choices, "on")) add_truth(values);
      put(schema, "enum", values);
      return schema;
    } else if constexpr (std::is_same_v<T, std::int64_t> || std::is_same_v<T, double>) {
      auto* const schema = of_type(std::is_same_v<T, double> ? "number" : "integer");
      put_number(schema, "minimum", field.minimum);
      put_number(schema, "maximum", field.maximum);
      return schema;
    } else if constexpr (std::is_same_v<T, document::Quantity>) {
      return any_of({of_type("string"), of_type("number")});
    } else if constexpr (std::is_same_v<T, document::FlagValue>) {
      return any_of({of_type("string"), of_type("number"), of_type("boolean"), string_list()});
    } else if constexpr (std::is_same_v<T, document::FlagValues>) {
      return refer("flags", [this] { return flags_schema(); });
    } else {
      return refer(T::noun, [this] {
        auto* const schema = object();
        describe_struct<T>(schema);
        return schema;
      });
    }
  }

  Value string_list() {
    auto* const list = of_type("array");
    put(list, "items", of_type("string"));
    return list;
  }

  // A definition of its own, made once.
  template <typename Make>
  Value refer(std::string_view name, Make make) {
    if (yyjson_mut_obj_getn(definitions_, name.data(), name.size()) == nullptr) put(definitions_, name, make());
    auto* const reference = object();
    put(reference, "$ref", std::format("#/$defs/{}", name));
    return reference;
  }

  template <typename Struct>
  void describe_struct(Value schema) {
    put(schema, "type", "object");
    auto* const properties = object();
    auto* const required = yyjson_mut_arr(doc());
    Struct example{};
    rfl::to_view(example).apply([&](auto const& member) {
      using Member = std::remove_pointer_t<std::remove_cvref_t<decltype(member.value())>>;
      std::string const key(member.name());
      static Field const none{};
      auto const* const found = find_field(Struct::noun, key);
      auto const& field = found != nullptr ? *found : none;
      auto* const property = schema_of<Member>(field);
      put(property, "description", field.help);
      put(properties, key, property);
      if (!is_optional<Member>) yyjson_mut_arr_append(required, text(key));
    });
    put(schema, "properties", properties);
    put(schema, "required", required);
    put(schema, "additionalProperties", yyjson_mut_false(doc()));
  }

  Value flag_schema(FlagDef const& flag) {
    auto* schema = object();
    switch (flag.type) {
      case FlagType::on_off:
      case FlagType::choice: {
        bool const on_off = flag.type == FlagType::on_off;
        static std::vector<std::string_view> const words{"on", "off"};
        auto const& choices = on_off ? words : flag.choices;
        auto* const values = texts(choices);
        if (std::ranges::contains(choices, "on") || std::ranges::contains(choices, "off")) add_truth(values);
        put(schema, "enum", values);
        break;
      }
      case FlagType::integer:
      case FlagType::real: {
        schema = of_type(flag.type == FlagType::integer ? "integer" : "number");
        put_number(schema, "minimum", flag.minimum);
        put_number(schema, "maximum", flag.maximum);
        if (!flag.choices.empty()) {
          auto* const words = object();
          put(words, "enum", texts(flag.choices));
          schema = any_of({schema, words});
        }
        break;
      }
      case FlagType::list: schema = any_of({of_type("string"), string_list()}); break;
      case FlagType::text: schema = any_of({of_type("string"), of_type("number")}); break;
    }
    put(schema, "description", flag.help);
    if (!flag.default_value.empty()) put(schema, "default", flag.default_value);
    return schema;
  }

  Value flags_schema() {
    auto* const schema = of_type("object");
    auto* const properties = object();
    for (auto const& flag : catalogue()) {
      put(properties, flag.name, flag_schema(flag));
      put(properties, std::format("--{}", flag.name), flag_schema(flag));
      for (auto const alias : flag.aliases) put(properties, alias, flag_schema(flag));
    }
    auto* const own = object();
    put(own, R"(^(--)?[A-Za-z0-9_-]+\.)", yyjson_mut_true(doc()));
    put(schema, "properties", properties);
    put(schema, "patternProperties", own);
    put(schema, "additionalProperties", yyjson_mut_false(doc()));
    return schema;
  }

  std::unique_ptr<yyjson_mut_doc, FreeDocument> document_{yyjson_mut_doc_new(nullptr)};
  Value definitions_ = nullptr;
};

}  // namespace

std::string json_schema() { return SchemaWriter{}.write(); }

}  // namespace edgelab::spec
