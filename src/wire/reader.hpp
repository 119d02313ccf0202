// JSON values into structs, by the table of fields.hpp. Internal to src/wire.
#pragma once

#include <yyjson.h>

#include <cmath>
#include <concepts>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "wire/fields.hpp"

namespace edgelab::wire {

[[nodiscard]] inline std::string kind_of(yyjson_val* value) {
  if (yyjson_is_str(value)) return "text";
  if (yyjson_is_bool(value)) return yyjson_get_bool(value) ? "true" : "false";
  if (yyjson_is_null(value)) return "null";
  if (yyjson_is_arr(value)) return "a list";
  if (yyjson_is_obj(value)) return "an object";
  if (yyjson_is_real(value)) return std::to_string(yyjson_get_real(value));
  if (yyjson_is_uint(value)) return std::to_string(yyjson_get_uint(value));
  return std::to_string(yyjson_get_sint(value));
}

// The path to a value is put together only when there is an error to report: each level adds its step in front.
struct Misfit {
  std::string path;
  std::string what;
};
using Read = std::optional<Misfit>;  // nullopt: well read

[[nodiscard]] inline Read misfit(std::string expected, yyjson_val* value) {
  return Misfit{"", "expected " + expected + ", not " + kind_of(value)};
}

[[nodiscard]] inline Read read(yyjson_val* value, bool& out) {
  if (!yyjson_is_bool(value)) return misfit("true or false", value);
  out = yyjson_get_bool(value);
  return std::nullopt;
}

template <std::integral T>
  requires(!std::same_as<T, bool>)
[[nodiscard]] Read read(yyjson_val* value, T& out) {
  if (yyjson_is_uint(value)) {
    auto const number = yyjson_get_uint(value);
    if (!std::in_range<T>(number)) return misfit("an integer of " + std::to_string(sizeof(T) * 8) + " bits", value);
    out = static_cast<T>(number);
    return std::nullopt;
  }
  if (yyjson_is_sint(value)) {
    auto const number = yyjson_get_sint(value);
    if (!std::in_range<T>(number)) {
      return misfit((std::unsigned_integral<T> ? "an integer from 0 of " : "an integer of ") +
                        std::to_string(sizeof(T) * 8) + " bits",
                    value);
    }
    out = static_cast<T>(number);
    return std::nullopt;
  }
  return misfit("an integer", value);
}

[[nodiscard]] inline Read read(yyjson_val* value, double& out) {
  if (!yyjson_is_num(value)) return misfit("a number", value);
  out = yyjson_get_num(value);
  return std::nullopt;
}

[[nodiscard]] inline Read read(yyjson_val* value, std::string& out) {
  if (!yyjson_is_str(value)) return misfit("text", value);
  out.assign(yyjson_get_str(value), yyjson_get_len(value));
  return std::nullopt;
}

template <typename T>
[[nodiscard]] Read read(yyjson_val* value, std::optional<T>& out);
template <typename T>
[[nodiscard]] Read read(yyjson_val* value, std::vector<T>& out);
template <typename T>
[[nodiscard]] Read read(yyjson_val* value, std::map<std::string, T>& out);
template <IsDescribed T>
[[nodiscard]] Read read(yyjson_val* value, T& out);

template <typename T>
[[nodiscard]] Read read(yyjson_val* value, std::optional<T>& out) {
  return read(value, out.emplace());
}

template <typename T>
[[nodiscard]] Read read(yyjson_val* value, std::vector<T>& out) {
  if (!yyjson_is_arr(value)) return misfit("a list", value);
  out.resize(yyjson_arr_size(value));
  std::size_t index = 0;
  std::size_t count = 0;
  yyjson_val* element = nullptr;
  yyjson_arr_foreach(value, index, count, element) {
    if (auto wrong = read(element, out[index])) {
      wrong->path = "[" + std::to_string(index) + "]" + wrong->path;
      return wrong;
    }
  }
  return std::nullopt;
}

template <typename T>
[[nodiscard]] Read read(yyjson_val* value, std::map<std::string, T>& out) {
  if (!yyjson_is_obj(value)) return misfit("an object", value);
  std::size_t index = 0;
  std::size_t count = 0;
  yyjson_val* key = nullptr;
  yyjson_val* element = nullptr;
  yyjson_obj_foreach(value, index, count, key, element) {
    std::string const name(yyjson_get_str(key), yyjson_get_len(key));
    if (auto wrong = read(element, out[name])) {
      wrong->path = "." + name + wrong->path;
      return wrong;
    }
  }
  return std::nullopt;
}

template <IsDescribed T>
[[nodiscard]] Read read(yyjson_val* value, T& out) {
  if (!yyjson_is_obj(value)) return misfit("an object", value);
  Read wrong;
  auto const one = [&](auto const& field) {
    yyjson_val* member = yyjson_obj_getn(value, field.name.data(), field.name.size());
    if (member == nullptr || yyjson_is_null(member)) return true;
    wrong = read(member, out.*(field.member));
    if (wrong) wrong->path = "." + std::string(field.name) + wrong->path;
    return !wrong;
  };
  std::apply([&](auto const&... field) { (void)(one(field) && ...); }, Described<T>::fields);
  return wrong;
}

}  // namespace edgelab::wire
