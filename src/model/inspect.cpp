#include <ggml.h>

#include <string_view>

#include "model/gguf_file.hpp"
#include "model/gguf_reader.hpp"

namespace edgelab::model {

namespace {

void read_tensors(gguf_context const& gguf, Info& info) {
  for (std::int64_t i = 0; i < gguf_get_n_tensors(&gguf); ++i) {
    auto const* extent = gguf_get_tensor_ne(&gguf, i);
    std::int64_t elements = 1;
    for (int d = 0; d < GGML_MAX_DIMS; ++d) elements *= extent[d];
    info.parameters += elements;
    info.tensor_bytes += static_cast<std::int64_t>(gguf_get_tensor_size(&gguf, i));
    auto const* type = ggml_type_name(gguf_get_tensor_type(&gguf, i));
    ++info.tensors_by_type[type != nullptr ? type : "unknown"];
  }
}

// FNV-1a over the tokens, each with its closing zero byte, so that ("ab","c") and ("a","bc") differ.
void read_vocabulary(gguf_context const& gguf, Info& info) {
  auto const id = gguf_find_key(&gguf, "tokenizer.ggml.tokens");
  if (id < 0 || gguf_get_kv_type(&gguf, id) != GGUF_TYPE_ARRAY || gguf_get_arr_type(&gguf, id) != GGUF_TYPE_STRING)
    return;
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  auto const count = gguf_get_arr_n(&gguf, id);
  for (std::size_t i = 0; i < count; ++i) {
    std::string_view const token = gguf_get_arr_str(&gguf, id, i);
    for (std::size_t b = 0; b <= token.size(); ++b) {
      hash ^= b < token.size() ? static_cast<unsigned char>(token[b]) : 0U;
      hash *= 0x100000001b3ULL;
    }
  }
  info.vocabulary = static_cast<std::int64_t>(count);
  info.vocabulary_hash = hash;
}

}  // namespace

Result<Info> inspect(std::filesystem::path const& file) {
  EDGELAB_TRY(gguf, open_gguf(file));
  Info info;
  info.file_bytes = static_cast<std::int64_t>(std::filesystem::file_size(file));
  auto const architecture = find_text(*gguf, "general.architecture");
  if (!architecture) {
    return std::unexpected(Error{"no general.architecture in its metadata: GGUF, but not a language model", {}}.within(
        "reading model " + file.string()));
  }
  info.architecture = *architecture;
  info.name = find_text(*gguf, "general.name").value_or("");
  auto const number = [&](std::string const& key) {
    return find_integer(*gguf, info.architecture + "." + key).value_or(0);
  };
  info.context_length = number("context_length");
  info.embedding_length = number("embedding_length");
  info.block_count = number("block_count");
  info.head_count = number("attention.head_count");
  info.head_count_kv = number("attention.head_count_kv");
  if (info.head_count_kv == 0) info.head_count_kv = info.head_count;   // GGUF's default: no grouping
  info.feed_forward_length = number("feed_forward_length");
  info.vocabulary = number("vocab_size");
  info.tokenizer = find_text(*gguf, "tokenizer.ggml.model").value_or("");
  info.has_chat_template = find_text(*gguf, "tokenizer.chat_template").has_value();
  read_tensors(*gguf, info);
  read_vocabulary(*gguf, info);
  return info;
}

}  // namespace edgelab::model
