// JSON as other programs print and take it: looked into by pointer ("/timings/predicted_ms").
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

struct yyjson_doc;

namespace edgelab::bench {

class Json {
 public:
  [[nodiscard]] static Result<Json> parse(std::string_view text);

  [[nodiscard]] Result<double> number(char const* pointer) const;
  [[nodiscard]] Result<std::string> text(char const* pointer) const;
  [[nodiscard]] std::size_t length(char const* pointer) const;   // of a list; 0 where there is none

 private:
  explicit Json(std::shared_ptr<yyjson_doc> document) : document_(std::move(document)) {}
  std::shared_ptr<yyjson_doc> document_;
};

// A text as JSON writes it, quotes included.
[[nodiscard]] std::string json_text(std::string_view text);

}  // namespace edgelab::bench
