#include "wire/json.hpp"

#include <yyjson.h>

#include <format>

#include "wire/writer.hpp"

namespace edgelab::wire {

Result<Json> Json::parse(std::string_view text) {
  std::shared_ptr<yyjson_doc> document(yyjson_read(text.data(), text.size(), 0),
                                       [](yyjson_doc* doc) { yyjson_doc_free(doc); });
  if (!document) return fail(std::format("not JSON: {}", text.substr(0, 200)));
  return Json(std::move(document));
}

Json::Type Json::type(char const* pointer) const {
  auto* const value = yyjson_doc_ptr_get(document_.get(), pointer);
  if (value == nullptr || yyjson_is_null(value)) return Type::absent;
  if (yyjson_is_str(value)) return Type::text;
  if (yyjson_is_num(value)) return Type::number;
  if (yyjson_is_bool(value)) return Type::truth;
  return yyjson_is_arr(value) ? Type::list : Type::object;
}

Result<double> Json::number(char const* pointer) const {
  auto* const value = yyjson_doc_ptr_get(document_.get(), pointer);
  if (!yyjson_is_num(value)) return fail(std::format("there is no number at {}", pointer));
  return yyjson_get_num(value);
}

Result<std::string> Json::text(char const* pointer) const {
  auto* const value = yyjson_doc_ptr_get(document_.get(), pointer);
  if (!yyjson_is_str(value)) return fail(std::format("there is no text at {}", pointer));
  return std::string(yyjson_get_str(value), yyjson_get_len(value));
}

std::size_t Json::length(char const* pointer) const {
  return yyjson_arr_size(yyjson_doc_ptr_get(document_.get(), pointer));
}

bool Json::has(char const* pointer) const { return yyjson_doc_ptr_get(document_.get(), pointer) != nullptr; }

bool Json::truth(char const* pointer) const { return yyjson_is_true(yyjson_doc_ptr_get(document_.get(), pointer)); }

std::vector<std::int32_t> Json::integers(char const* pointer) const {
  std::vector<std::int32_t> found;
  yyjson_arr_iter items = yyjson_arr_iter_with(yyjson_doc_ptr_get(document_.get(), pointer));
  while (auto* const item = yyjson_arr_iter_next(&items))
    if (yyjson_is_int(item)) found.push_back(static_cast<std::int32_t>(yyjson_get_sint(item)));
  return found;
}

std::vector<std::string> Json::texts(char const* pointer) const {
  std::vector<std::string> found;
  yyjson_arr_iter items = yyjson_arr_iter_with(yyjson_doc_ptr_get(document_.get(), pointer));
  while (auto* const item = yyjson_arr_iter_next(&items))
    if (yyjson_is_str(item)) found.emplace_back(yyjson_get_str(item), yyjson_get_len(item));
  return found;
}

std::vector<std::pair<std::string, std::string>> Json::scalars(char const* pointer) const {
  std::vector<std::pair<std::string, std::string>> found;
  yyjson_obj_iter members = yyjson_obj_iter_with(yyjson_doc_ptr_get(document_.get(), pointer));
  while (auto* const key = yyjson_obj_iter_next(&members)) {
    auto* const value = yyjson_obj_iter_get_val(key);
    std::string text;
    if (yyjson_is_str(value))
      text = yyjson_get_str(value);
    else if (yyjson_is_bool(value))
      text = yyjson_get_bool(value) ? "true" : "false";
    else if (yyjson_is_num(value))
      write(text, yyjson_get_num(value));
    else
      continue;
    found.emplace_back(yyjson_get_str(key), std::move(text));
  }
  return found;
}

std::string json_text(std::string_view text) {
  std::string out;
  write_text(out, text);
  return out;
}

void JsonObject::begin(std::string_view name) {
  if (members_.size() > 1) members_ += ',';
  write_text(members_, name);
  members_ += ':';
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
  begin(name);
  write_text(members_, value);
  return *this;
}

JsonObject& JsonObject::number(std::string_view name, double value) {
  begin(name);
  write(members_, value);
  return *this;
}

JsonObject& JsonObject::truth(std::string_view name, bool value) {
  begin(name);
  write(members_, value);
  return *this;
}

JsonObject& JsonObject::integers(std::string_view name, std::vector<std::int32_t> const& values) {
  begin(name);
  write(members_, values);
  return *this;
}

JsonObject& JsonObject::raw(std::string_view name, std::string_view json) {
  begin(name);
  members_ += json;
  return *this;
}

}  // namespace edgelab::wire
