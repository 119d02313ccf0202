// GGUF files as files: what one contains, and new ones with random weights. Uses ggml's gguf.h and quantisers
// (libggml-base); nothing here runs a model. Not thread-safe: ggml's log is silenced meanwhile, which is global.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace edgelab::model {

struct Info {
  std::string architecture;
  std::string name;
  std::int64_t parameters = 0;
  std::int64_t file_bytes = 0;
  std::int64_t tensor_bytes = 0;
  std::map<std::string, std::int64_t> tensors_by_type;   // "q4_0" -> number of tensors
  std::int64_t context_length = 0, embedding_length = 0, block_count = 0;
  std::int64_t head_count = 0, head_count_kv = 0, feed_forward_length = 0, vocabulary = 0;
  std::string tokenizer;                                 // "gpt2", "llama", ...; empty where there is none
  std::uint64_t vocabulary_hash = 0;                     // equal for equal token lists; 0 where there is none
  bool has_chat_template = false;
};

// Reads the header and checks that the file is whole. Errors: missing, not GGUF, truncated, with the numbers.
[[nodiscard]] Result<Info> inspect(std::filesystem::path const& file);

// A shape of architecture llama, qwen2 (llama with biases), gemma2 (every other layer with a sliding window) or
// mamba (recurrent: no heads, no feed-forward; those fields are ignored).
struct Shape {
  std::string architecture = "llama";
  std::int32_t n_embd = 576, n_layer = 30, n_head = 9, n_head_kv = 3, n_ff = 1536, n_vocab = 49152, n_ctx = 2048;
  std::int32_t sliding_window = 64;          // gemma2 only
  double rope_freq_base = 10000.0;
  bool tied_embeddings = true;
};

// "smollm2-135m", or "n_embd=64,n_layer=2,...", or a preset followed by changes: "smollm2-135m,n_layer=4". Without a
// preset the fields start from Shape's own values.
[[nodiscard]] Result<Shape> parse_shape(std::string const& text);
[[nodiscard]] std::vector<std::string> shape_presets();

// The types that synthesise accepts: "f32", "f16", "q4_0", ...
[[nodiscard]] std::vector<std::string> weight_types();

// Writes a model of that shape with seeded random weights of the given ggml type ("f16", "q4_0", ...), with a
// tokenizer llama.cpp accepts and a ChatML template. Any text is encoded and decoded without loss; tokens that end a
// text are next to never generated. The same arguments give the same bytes, whatever the number of cores.
// Writes to a temporary file beside `out` first; `out` is whole or absent.
[[nodiscard]] Result<void> synthesise(Shape const& shape, std::string const& type, std::uint64_t seed,
                                      std::filesystem::path const& out);

}  // namespace edgelab::model
