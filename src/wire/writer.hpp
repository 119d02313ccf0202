// Values as JSON text, appended to a string. Internal to src/wire.
#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/fields.hpp"

namespace edgelab::wire {

// In quotes, escaped, made valid UTF-8.
void write_text(std::string& out, std::string_view text);

inline void write(std::string& out, bool value) { out += value ? "true" : "false"; }

template <std::integral T>
  requires(!std::same_as<T, bool>)
void write(std::string& out, T value) {
  char digits[24];
  auto* const end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

// The shortest text that reads back as the same double. JSON has no infinities: null.
inline void write(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  char digits[32];
  auto* const end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

inline void write(std::string& out, std::string const& value) { write_text(out, value); }

template <typename T>
void write(std::string& out, std::optional<T> const& value);
template <typename T>
void write(std::string& out, std::vector<T> const& values);
template <typename T>
void write(std::string& out, std::map<std::string, T> const& values);
template <IsDescribed T>
void write(std::string& out, T const& value);

template <typename T>
void write(std::string& out, std::optional<T> const& value) {
  if (value)
    write(out, *value);
  else
    out += "null";
}

template <typename T>
void write(std::string& out, std::vector<T> const& values) {
  out += '[';
  bool first = true;
  for (auto const& value : values) {
    if (!first) out += ',';
    first = false;
    write(out, value);
  }
  out += ']';
}

template <typename T>
void write(std::string& out, std::map<std::string, T> const& values) {
  out += '{';
  bool first = true;
  for (auto const& [key, value] : values) {
    if (!first) out += ',';
    first = false;
    write_text(out, key);
    out += ':';
    write(out, value);
  }
  out += '}';
}

// What a reader fills in by itself need not be written.
template <typename T>
[[nodiscard]] bool is_absent(T const& /*value*/) {
  return false;
}
template <typename T>
[[nodiscard]] bool is_absent(std::optional<T> const& value) {
  return !value;
}
template <typename T>
[[nodiscard]] bool is_absent(std::vector<T> const& values) {
  return values.empty();
}
template <typename T>
[[nodiscard]] bool is_absent(std::map<std::string, T> const& values) {
  return values.empty();
}

template <typename T>
void write_fields(std::string& out, T const& value, bool first) {
  auto const one = [&](auto const& field) {
    auto const& member = value.*(field.member);
    if (is_absent(member)) return;
    if (!first) out += ',';
    first = false;
    write_text(out, field.name);
    out += ':';
    write(out, member);
  };
  std::apply([&](auto const&... field) { (one(field), ...); }, Described<T>::fields);
}

template <IsDescribed T>
void write(std::string& out, T const& value) {
  out += '{';
  write_fields(out, value, true);
  out += '}';
}

}  // namespace edgelab::wire
