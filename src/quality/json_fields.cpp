// Field-level F1: a field is the path to a scalar and its value. A document of extracted facts with one of five wrong is
// four fifths right, and not wrong.
#include <algorithm>
#include <map>
#include <string>

#include "quality/json.hpp"
#include "quality/scorers.hpp"

namespace edgelab::quality {

namespace {

using Fields = std::map<std::string, yyjson_val*>;  // by path; an empty object or list is a field as well

void add_fields(Fields& fields, std::string const& path, yyjson_val* value) {
  std::size_t index = 0;
  std::size_t count = 0;
  yyjson_val* key = nullptr;
  yyjson_val* item = nullptr;
  if (yyjson_is_obj(value) && yyjson_obj_size(value) > 0) {
    // A length in front keeps keys with slashes apart from paths.
    yyjson_obj_foreach(value, index, count, key, item)
        add_fields(fields, path + "/" + std::to_string(yyjson_get_len(key)) + ":" + std::string(text_of(key)), item);
  } else if (yyjson_is_arr(value) && yyjson_arr_size(value) > 0) {
    yyjson_arr_foreach(value, index, count, item) add_fields(fields, path + "/" + std::to_string(index), item);
  } else {
    fields[path] = value;
  }
}

// The first JSON document in a text: models like to say something around it.
Document first_document(std::string_view text) {
  int tries = 100;  // each reads to where it goes wrong
  for (auto at = text.find_first_of("{["); at != std::string_view::npos && tries-- > 0;
       at = text.find_first_of("{[", at + 1))
    if (auto document = parse_json(text.substr(at), Rest::ignored)) return document;
  return parse_json(text);  // a scalar alone
}

}  // namespace

Result<double> json_fields(std::string_view answer, std::string_view expected) {
  auto const wanted = parse_json(expected);
  if (!wanted) return fail("'" + std::string(expected) + "' is no JSON");
  auto const found = first_document(answer);
  if (!found) return 0.0;
  Fields left;
  Fields right;
  add_fields(left, "", yyjson_doc_get_root(found.get()));
  add_fields(right, "", yyjson_doc_get_root(wanted.get()));
  auto const common = std::ranges::count_if(right, [&](auto const& field) {
    auto const at = left.find(field.first);
    return at != left.end() && same_json(at->second, field.second);
  });
  return 2.0 * static_cast<double>(common) / static_cast<double>(left.size() + right.size());
}

}  // namespace edgelab::quality
