// JSON as other programs print and take it: looked into by pointer ("/timings/predicted_ms"), written by hand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

struct yyjson_doc;

namespace edgelab::wire {

// A document. Copies share it; it is never changed.
class Json {
 public:
  [[nodiscard]] static Result<Json> parse(std::string_view text);

  enum class Type : std::uint8_t { absent, text, number, truth, list, object };
  [[nodiscard]] Type type(char const* pointer) const;            // of the whole document: ""; null is absent

  [[nodiscard]] Result<double> number(char const* pointer) const;
  [[nodiscard]] Result<std::string> text(char const* pointer) const;
  [[nodiscard]] std::size_t length(char const* pointer) const;   // of a list; 0 where there is none
  [[nodiscard]] bool has(char const* pointer) const;             // whatever it is, null too
  [[nodiscard]] bool truth(char const* pointer) const;           // true where it says true
  [[nodiscard]] std::vector<std::int32_t> integers(char const* pointer) const;   // of a list, those that are
  [[nodiscard]] std::vector<std::string> texts(char const* pointer) const;
  // The values of an object that are text, numbers or truth values, each as text, by name.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> scalars(char const* pointer) const;

 private:
  explicit Json(std::shared_ptr<yyjson_doc> document) : document_(std::move(document)) {}
  std::shared_ptr<yyjson_doc> document_;
};

// A text as JSON writes it, quotes included. What is not UTF-8 becomes U+FFFD.
[[nodiscard]] std::string json_text(std::string_view text);

// An object, member by member: JsonObject().text("prompt", "hi").number("n", 3).done().
class JsonObject {
 public:
  JsonObject& text(std::string_view name, std::string_view value);
  JsonObject& number(std::string_view name, double value);
  JsonObject& truth(std::string_view name, bool value);
  JsonObject& integers(std::string_view name, std::vector<std::int32_t> const& values);
  JsonObject& raw(std::string_view name, std::string_view json);     // a value that is JSON already
  [[nodiscard]] std::string done() const { return members_ + "}"; }

 private:
  void begin(std::string_view name);
  std::string members_ = "{";
};

}  // namespace edgelab::wire
