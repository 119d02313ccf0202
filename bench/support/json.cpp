#include "support/json.hpp"

#include <yyjson.h>

#include <cstdlib>
#include <format>

namespace edgelab::bench {

Result<Json> Json::parse(std::string_view text) {
  std::shared_ptr<yyjson_doc> document(yyjson_read(text.data(), text.size(), 0), [](yyjson_doc* doc) { yyjson_doc_free(doc); });
  if (!document) return fail(std::format("not JSON: {}", text.substr(0, 200)));
  return Json(std::move(document));
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

std::string json_text(std::string_view text) {
  std::unique_ptr<yyjson_mut_doc, decltype(&yyjson_mut_doc_free)> const document(yyjson_mut_doc_new(nullptr),
                                                                                 yyjson_mut_doc_free);
  auto* const value = yyjson_mut_strn(document.get(), text.data(), text.size());
  std::unique_ptr<char, decltype(&std::free)> const written(yyjson_mut_val_write(value, 0, nullptr), std::free);
  return written ? std::string(written.get()) : std::string("\"\"");
}

}  // namespace edgelab::bench
