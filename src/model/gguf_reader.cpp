#include "model/gguf_reader.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <system_error>

#include "core/text.hpp"

namespace edgelab::model {

namespace {

void append_to(ggml_log_level /*level*/, char const* text, void* destination) {
  *static_cast<std::string*>(destination) += text;
}

Result<void> check_magic(std::filesystem::path const& file, std::uintmax_t bytes) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail("cannot be read");
  std::array<char, 4> magic{};
  in.read(magic.data(), magic.size());
  if (in.gcount() != static_cast<std::streamsize>(magic.size()) || std::memcmp(magic.data(), "GGUF", 4) != 0) {
    return fail("not a GGUF model: it does not begin with \"GGUF\" (" + std::to_string(bytes) + " bytes)");
  }
  return {};
}

Result<void> check_extents(gguf_context const& gguf, std::uintmax_t bytes) {
  std::uintmax_t end = gguf_get_data_offset(&gguf);
  std::string last = "the header";
  for (std::int64_t i = 0; i < gguf_get_n_tensors(&gguf); ++i) {
    auto const tensor_end =
        gguf_get_data_offset(&gguf) + gguf_get_tensor_offset(&gguf, i) + gguf_get_tensor_size(&gguf, i);
    if (tensor_end > end) {
      end = tensor_end;
      last = std::string("tensor ") + gguf_get_tensor_name(&gguf, i);
    }
  }
  if (end <= bytes) return {};
  return fail("truncated: it has " + std::to_string(bytes) + " bytes, but " + last + " ends at byte " +
              std::to_string(end));
}

template <typename T>
std::int64_t largest(void const* data, std::size_t count) {
  auto const* values = static_cast<T const*>(data);
  std::int64_t found = 0;
  for (std::size_t i = 0; i < count; ++i) found = std::max(found, static_cast<std::int64_t>(values[i]));
  return found;
}

std::optional<std::int64_t> integer_at(gguf_type type, void const* data, std::size_t count) {
  switch (type) {
    case GGUF_TYPE_UINT8: return largest<std::uint8_t>(data, count);
    case GGUF_TYPE_INT8: return largest<std::int8_t>(data, count);
    case GGUF_TYPE_UINT16: return largest<std::uint16_t>(data, count);
    case GGUF_TYPE_INT16: return largest<std::int16_t>(data, count);
    case GGUF_TYPE_UINT32: return largest<std::uint32_t>(data, count);
    case GGUF_TYPE_INT32: return largest<std::int32_t>(data, count);
    case GGUF_TYPE_UINT64: return largest<std::uint64_t>(data, count);
    case GGUF_TYPE_INT64: return largest<std::int64_t>(data, count);
    default: return std::nullopt;
  }
}

}  // namespace

CapturedLog::CapturedLog() {
  ggml_log_get(&before_, &before_data_);
  ggml_log_set(append_to, &text_);
}
CapturedLog::~CapturedLog() { ggml_log_set(before_, before_data_); }

std::string CapturedLog::last_line() const {
  auto const text = trim(text_);
  auto const start = text.rfind('\n');
  return std::string(start == std::string_view::npos ? text : trim(text.substr(start + 1)));
}

Result<Gguf> open_gguf(std::filesystem::path const& file) {
  auto const doing = "reading model " + file.string();
  auto const within = [&](Error error) { return std::unexpected(std::move(error).within(doing)); };
  std::error_code code;
  auto const status = std::filesystem::status(file, code);
  if (!std::filesystem::exists(status)) return within({"no such file", {}});
  if (std::filesystem::is_directory(status)) return within({"it is a folder; expected a GGUF file", {}});
  auto const bytes = std::filesystem::file_size(file, code);
  if (code) return within({code.message(), {}});
  if (auto magic = check_magic(file, bytes); !magic) return within(std::move(magic).error());

  CapturedLog log;
  Gguf gguf(gguf_init_from_file(file.string().c_str(), {.no_alloc = true, .ctx = nullptr}));
  if (!gguf) {
    return within(
        {"its GGUF header is damaged or cut off (" + std::to_string(bytes) + " bytes): " + log.last_line(), {}});
  }
  if (auto whole = check_extents(*gguf, bytes); !whole) return within(std::move(whole).error());
  return gguf;
}

std::optional<std::int64_t> find_integer(gguf_context const& gguf, std::string const& key) {
  auto const id = gguf_find_key(&gguf, key.c_str());
  if (id < 0) return std::nullopt;
  auto const type = gguf_get_kv_type(&gguf, id);
  if (type != GGUF_TYPE_ARRAY) {
    return type == GGUF_TYPE_STRING ? std::nullopt : integer_at(type, gguf_get_val_data(&gguf, id), 1);
  }
  if (gguf_get_arr_type(&gguf, id) == GGUF_TYPE_STRING) return std::nullopt;
  return integer_at(gguf_get_arr_type(&gguf, id), gguf_get_arr_data(&gguf, id), gguf_get_arr_n(&gguf, id));
}

std::optional<std::string> find_text(gguf_context const& gguf, std::string const& key) {
  auto const id = gguf_find_key(&gguf, key.c_str());
  if (id < 0 || gguf_get_kv_type(&gguf, id) != GGUF_TYPE_STRING) return std::nullopt;
  return gguf_get_val_str(&gguf, id);
}

}  // namespace edgelab::model
