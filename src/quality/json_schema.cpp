// JSON Schema (draft 2020-12), the vocabulary that describes data: types, values, objects, lists, numbers, texts and their
// combinations. A keyword that is not here is refused and not passed over: what a schema asks for is checked, or an error.
// (Debian's valijson would bring a second JSON library along, and a validator needs little more than this table.)
#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include "quality/json.hpp"
#include "quality/scorers.hpp"

namespace edgelab::quality {

namespace {

// Of a schema: thrown here, where schemas are walked, and an Error outside.
struct Bad : std::runtime_error {
  using std::runtime_error::runtime_error;
};

bool valid(yyjson_val* schema, yyjson_val* value);

double number_in(yyjson_val* keyword, char const* name) {
  if (!yyjson_is_num(keyword)) throw Bad{std::string("'") + name + "' needs a number"};
  return yyjson_get_num(keyword);
}

void require_list(yyjson_val* keyword, char const* name) {
  if (!yyjson_is_arr(keyword)) throw Bad{std::string("'") + name + "' needs a list"};
}

template <typename Holds>
std::size_t count_if(yyjson_val* list, Holds const& holds) {
  std::size_t found = 0;
  std::size_t index = 0;
  std::size_t count = 0;
  yyjson_val* item = nullptr;
  yyjson_arr_foreach(list, index, count, item) found += holds(item) ? 1U : 0U;
  return found;
}

// Unicode code points, as JSON Schema counts a text's length.
std::size_t length_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

bool is_integer(yyjson_val* value) {
  return yyjson_is_int(value) ||
         (yyjson_is_real(value) && std::floor(yyjson_get_real(value)) == yyjson_get_real(value));
}

bool has_type(std::string_view type, yyjson_val* value) {
  if (type == "null") return yyjson_is_null(value);
  if (type == "boolean") return yyjson_is_bool(value);
  if (type == "object") return yyjson_is_obj(value);
  if (type == "array") return yyjson_is_arr(value);
  if (type == "string") return yyjson_is_str(value);
  if (type == "number") return yyjson_is_num(value);
  if (type == "integer") return is_integer(value);
  throw Bad{"'" + std::string(type) + "' is no type"};
}

bool any_type(yyjson_val* keyword, yyjson_val* value) {
  if (yyjson_is_str(keyword)) return has_type(text_of(keyword), value);
  require_list(keyword, "type");
  return count_if(keyword, [&](yyjson_val* type) { return has_type(text_of(type), value); }) > 0;
}

bool one_of_values(yyjson_val* keyword, yyjson_val* value) {
  require_list(keyword, "enum");
  return count_if(keyword, [&](yyjson_val* allowed) { return same_json(allowed, value); }) > 0;
}

bool matches(yyjson_val* keyword, yyjson_val* value) {
  if (!yyjson_is_str(keyword)) throw Bad{"'pattern' needs a text"};
  // The empty text tells whether the pattern is one.
  auto const found = regex(yyjson_is_str(value) ? text_of(value) : std::string_view{}, text_of(keyword));
  if (!found) throw Bad{found.error().describe()};
  return !yyjson_is_str(value) || *found > 0.0;
}

bool has_required(yyjson_val* keyword, yyjson_val* value) {
  require_list(keyword, "required");
  return !yyjson_is_obj(value) ||
         count_if(keyword, [&](yyjson_val* name) {
           return yyjson_obj_getn(value, yyjson_get_str(name), yyjson_get_len(name)) == nullptr;
         }) == 0;
}

template <typename Holds>
bool all_members(yyjson_val* object, Holds const& holds) {
  std::size_t index = 0;
  std::size_t count = 0;
  yyjson_val* key = nullptr;
  yyjson_val* value = nullptr;
  bool all = true;
  yyjson_obj_foreach(object, index, count, key, value) all = holds(key, value) && all;
  return all;
}

bool valid_properties(yyjson_val* keyword, yyjson_val* value) {
  if (!yyjson_is_obj(keyword)) throw Bad{"'properties' needs an object"};
  return all_members(keyword, [&](yyjson_val* name, yyjson_val* schema) {
    auto* const member = yyjson_obj_getn(value, yyjson_get_str(name), yyjson_get_len(name));
    return valid(schema, member);  // no member: the schema is read all the same
  });
}

bool valid_others(yyjson_val* schema, yyjson_val* keyword, yyjson_val* value) {
  auto* const named = yyjson_obj_get(schema, "properties");
  if (!yyjson_is_obj(value)) return valid(keyword, nullptr);
  return all_members(value, [&](yyjson_val* name, yyjson_val* member) {
    return yyjson_obj_getn(named, yyjson_get_str(name), yyjson_get_len(name)) != nullptr || valid(keyword, member);
  });
}

bool valid_items(yyjson_val* keyword, yyjson_val* value) {
  if (!yyjson_is_arr(value)) return valid(keyword, nullptr);
  return count_if(value, [&](yyjson_val* item) { return !valid(keyword, item); }) == 0;
}

bool all_differ(yyjson_val* list) {
  for (std::size_t i = 0; i < yyjson_arr_size(list); ++i)
    for (std::size_t j = i + 1; j < yyjson_arr_size(list); ++j)
      if (same_json(yyjson_arr_get(list, i), yyjson_arr_get(list, j))) return false;
  return true;
}

std::size_t valid_among(yyjson_val* keyword, char const* name, yyjson_val* value) {
  require_list(keyword, name);
  return count_if(keyword, [&](yyjson_val* schema) { return valid(schema, value); });
}

struct Keyword {
  char const* name;
  bool (*holds)(yyjson_val* schema, yyjson_val* keyword, yyjson_val* value);
};

using V = yyjson_val*;

constexpr std::array keywords{
    Keyword{"type", [](V, V k, V v) { return any_type(k, v); }},
    Keyword{"enum", [](V, V k, V v) { return one_of_values(k, v); }},
    Keyword{"const", [](V, V k, V v) { return same_json(k, v); }},
    Keyword{"required", [](V, V k, V v) { return has_required(k, v); }},
    Keyword{"properties", [](V, V k, V v) { return valid_properties(k, v); }},
    Keyword{"additionalProperties", [](V s, V k, V v) { return valid_others(s, k, v); }},
    Keyword{"minProperties",
            [](V, V k, V v) {
              double const least = number_in(k, "minProperties");
              return !yyjson_is_obj(v) || static_cast<double>(yyjson_obj_size(v)) >= least;
            }},
    Keyword{"maxProperties",
            [](V, V k, V v) {
              double const most = number_in(k, "maxProperties");
              return !yyjson_is_obj(v) || static_cast<double>(yyjson_obj_size(v)) <= most;
            }},
    Keyword{"items", [](V, V k, V v) { return valid_items(k, v); }},
    Keyword{"minItems",
            [](V, V k, V v) {
              double const least = number_in(k, "minItems");
              return !yyjson_is_arr(v) || static_cast<double>(yyjson_arr_size(v)) >= least;
            }},
    Keyword{"maxItems",
            [](V, V k, V v) {
              double const most = number_in(k, "maxItems");
              return !yyjson_is_arr(v) || static_cast<double>(yyjson_arr_size(v)) <= most;
            }},
    Keyword{"uniqueItems", [](V, V k, V v) { return !yyjson_is_true(k) || !yyjson_is_arr(v) || all_differ(v); }},
    Keyword{"minLength",
            [](V, V k, V v) {
              double const least = number_in(k, "minLength");
              return !yyjson_is_str(v) || static_cast<double>(length_of(text_of(v))) >= least;
            }},
    Keyword{"maxLength",
            [](V, V k, V v) {
              double const most = number_in(k, "maxLength");
              return !yyjson_is_str(v) || static_cast<double>(length_of(text_of(v))) <= most;
            }},
    Keyword{"pattern", [](V, V k, V v) { return matches(k, v); }},
    Keyword{"minimum",
            [](V, V k, V v) {
              double const least = number_in(k, "minimum");
              return !yyjson_is_num(v) || yyjson_get_num(v) >= least;
            }},
    Keyword{"maximum",
            [](V, V k, V v) {
              double const most = number_in(k, "maximum");
              return !yyjson_is_num(v) || yyjson_get_num(v) <= most;
            }},
    Keyword{"exclusiveMinimum",
            [](V, V k, V v) {
              double const least = number_in(k, "exclusiveMinimum");
              return !yyjson_is_num(v) || yyjson_get_num(v) > least;
            }},
    Keyword{"exclusiveMaximum",
            [](V, V k, V v) {
              double const most = number_in(k, "exclusiveMaximum");
              return !yyjson_is_num(v) || yyjson_get_num(v) < most;
            }},
    Keyword{"allOf", [](V, V k, V v) { return valid_among(k, "allOf", v) == yyjson_arr_size(k); }},
    Keyword{"anyOf", [](V, V k, V v) { return valid_among(k, "anyOf", v) > 0; }},
    Keyword{"oneOf", [](V, V k, V v) { return valid_among(k, "oneOf", v) == 1; }},
    Keyword{"not", [](V, V k, V v) { return !valid(k, v); }},
};

constexpr std::array<std::string_view, 8> annotations{"$schema",     "$id",     "$comment", "title",
                                                      "description", "default", "examples", "format"};

// `value` is null where there is none and the schema is only to be read: every keyword is, whatever the value is.
bool valid(yyjson_val* schema, yyjson_val* value) {
  if (yyjson_is_bool(schema)) return value == nullptr || yyjson_get_bool(schema);
  if (!yyjson_is_obj(schema)) throw Bad{"a schema is an object, true or false"};
  bool all = true;
  std::size_t index = 0;
  std::size_t count = 0;
  yyjson_val* key = nullptr;
  yyjson_val* keyword = nullptr;
  yyjson_obj_foreach(schema, index, count, key, keyword) {
    auto const name = text_of(key);
    if (std::ranges::contains(annotations, name)) continue;
    auto const* const row = std::ranges::find_if(keywords, [&](Keyword const& k) { return name == k.name; });
    if (row == keywords.end()) throw Bad{"the keyword '" + std::string(name) + "' is not known here"};
    all = row->holds(schema, keyword, value) && all;
  }
  return value == nullptr || all;
}

}  // namespace

Result<double> json_schema(std::string_view answer, std::string_view expected) {
  auto const schema = parse_json(expected);
  if (!schema) return fail("'" + std::string(expected) + "' is no JSON, and a JSON Schema is");
  auto* const root = yyjson_doc_get_root(schema.get());
  try {
    (void)valid(root, nullptr);
    auto const document = parse_json(answer);
    return document && valid(root, yyjson_doc_get_root(document.get())) ? 1.0 : 0.0;
  } catch (Bad const& bad) {
    return fail(std::string("not a JSON Schema that can be checked: ") + bad.what());
  }
}

}  // namespace edgelab::quality
