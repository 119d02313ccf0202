#include <memory>

#include "core/text.hpp"
#include "wire/reader.hpp"
#include "wire/wire.hpp"

namespace edgelab::wire {

namespace {

struct FreeDocument {
  void operator()(yyjson_doc* document) const { yyjson_doc_free(document); }
};
using Document = std::unique_ptr<yyjson_doc, FreeDocument>;

Result<Document> parse(std::string_view line) {
  if (trim(line).empty()) return fail("expected a JSON object, got an empty line");
  yyjson_read_err error{};
  // Without YYJSON_READ_INSITU the text is only read, whatever the parameter's type says.
  Document document(yyjson_read_opts(const_cast<char*>(line.data()), line.size(), YYJSON_READ_NOFLAG, nullptr, &error));
  if (!document) return fail("not JSON at byte " + std::to_string(error.pos + 1) + ": " + error.msg);
  if (!yyjson_is_obj(yyjson_doc_get_root(document.get()))) {
    return fail("expected a JSON object, not " + kind_of(yyjson_doc_get_root(document.get())));
  }
  return document;
}

// Reads the message if its tag is T's; false: it is another one's.
template <typename Variant, typename T>
bool try_one(yyjson_val* root, std::string_view tag, Result<Variant>& out) {
  if (tag != Described<T>::tag) return false;
  T message;
  if (auto wrong = read(root, message)) {
    out = fail(std::string(tag) + wrong->path + ": " + wrong->what);
  } else {
    out = Variant(std::move(message));
  }
  return true;
}

template <typename... T>
Result<std::variant<T...>> decode(std::string_view line, std::variant<T...> const*) {
  EDGELAB_TRY(document, parse(line));
  yyjson_val* root = yyjson_doc_get_root(document.get());
  yyjson_val* type = yyjson_obj_get(root, "type");
  std::vector<std::string> const tags{std::string(Described<T>::tag)...};
  if (!yyjson_is_str(type)) return fail("expected \"type\", one of " + join(tags, ", "));
  std::string const tag(yyjson_get_str(type), yyjson_get_len(type));
  Result<std::variant<T...>> out =
      fail("unknown message type '" + tag + "'" + suggestion(tag, tags) + "; expected one of " + join(tags, ", "));
  (void)(try_one<std::variant<T...>, T>(root, tag, out) || ...);
  return out;
}

}  // namespace

Result<Request> decode_request(std::string_view line) { return decode(line, static_cast<Request const*>(nullptr)); }
Result<Reply> decode_reply(std::string_view line) { return decode(line, static_cast<Reply const*>(nullptr)); }

}  // namespace edgelab::wire
