// JSON as scorers need it.
#pragma once

#include <yyjson.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace edgelab::quality {

struct FreeDocument {
  void operator()(yyjson_doc* document) const { yyjson_doc_free(document); }
};
using Document = std::unique_ptr<yyjson_doc, FreeDocument>;

enum class Rest : std::uint8_t { refused, ignored };   // what stands after the document

// How deep brackets open before any of them could be a parse error: what recurses over documents relies on a limit.
[[nodiscard]] inline std::size_t nesting_of(std::string_view text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char const c = text[i];
    if (quoted && c == '\\')
      ++i;
    else if (c == '"')
      quoted = !quoted;
    else if (!quoted && (c == '[' || c == '{'))
      deepest = std::max(deepest, ++depth);
    else if (!quoted && (c == ']' || c == '}') && depth > 0)
      --depth;
  }
  return deepest;
}

inline constexpr std::size_t deepest_json = 200;

// Null where it is no JSON, or nested deeper than anything that means something.
[[nodiscard]] inline Document parse_json(std::string_view text, Rest rest = Rest::refused) {
  if (nesting_of(text) > deepest_json) return nullptr;
  // yyjson writes only where YYJSON_READ_INSITU is set, which it is not.
  return Document{yyjson_read_opts(const_cast<char*>(text.data()), text.size(),
                                   rest == Rest::ignored ? YYJSON_READ_STOP_WHEN_DONE : YYJSON_READ_NOFLAG, nullptr,
                                   nullptr)};
}

[[nodiscard]] inline std::string_view text_of(yyjson_val* value) {
  return {yyjson_get_str(value), yyjson_get_len(value)};
}

// 1, 1.0 and 1e0 are one number.
[[nodiscard]] inline bool same_json(yyjson_val* a, yyjson_val* b) {
  if (yyjson_is_num(a) && yyjson_is_num(b)) return yyjson_get_num(a) == yyjson_get_num(b);
  if (yyjson_is_arr(a) && yyjson_is_arr(b)) {
    if (yyjson_arr_size(a) != yyjson_arr_size(b)) return false;
    for (std::size_t i = 0; i < yyjson_arr_size(a); ++i)
      if (!same_json(yyjson_arr_get(a, i), yyjson_arr_get(b, i))) return false;
    return true;
  }
  if (yyjson_is_obj(a) && yyjson_is_obj(b)) {
    if (yyjson_obj_size(a) != yyjson_obj_size(b)) return false;
    std::size_t index = 0;
    std::size_t count = 0;
    yyjson_val* key = nullptr;
    yyjson_val* value = nullptr;
    yyjson_obj_foreach(a, index, count, key, value) {
      auto* const other = yyjson_obj_getn(b, yyjson_get_str(key), yyjson_get_len(key));
      if (other == nullptr || !same_json(value, other)) return false;
    }
    return true;
  }
  return yyjson_equals(a, b);
}

}  // namespace edgelab::quality
