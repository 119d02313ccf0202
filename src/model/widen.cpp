#include "model/widen.hpp"

#include <ggml.h>
#include <gguf.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <format>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace edgelab::model {
namespace {

using GgmlContext = std::unique_ptr<ggml_context, decltype(&ggml_free)>;
using GgufContext = std::unique_ptr<gguf_context, decltype(&gguf_free)>;

// The sizes of a Llama-like model that decide the sizes of its tensors.
struct Sizes {
  std::int64_t embd = 0, layers = 0, heads = 0, heads_kv = 0, ff = 0, head = 0;
};

Result<std::int64_t> read_u32(gguf_context const* gguf, char const* key) {
  auto const id = gguf_find_key(gguf, key);
  if (id < 0 || gguf_get_kv_type(gguf, id) != GGUF_TYPE_UINT32) return fail(std::format("the model has no {}", key));
  return gguf_get_val_u32(gguf, id);
}

Result<Sizes> sizes_of(gguf_context const* gguf) {
  EDGELAB_TRY(embd, read_u32(gguf, "llama.embedding_length"));
  EDGELAB_TRY(layers, read_u32(gguf, "llama.block_count"));
  EDGELAB_TRY(heads, read_u32(gguf, "llama.attention.head_count"));
  EDGELAB_TRY(heads_kv, read_u32(gguf, "llama.attention.head_count_kv"));
  EDGELAB_TRY(ff, read_u32(gguf, "llama.feed_forward_length"));
  if (heads == 0 || heads_kv == 0) return fail("the model has no attention heads");
  return Sizes{embd, layers, heads, heads_kv, ff, embd / heads};
}

Result<void> check_fits(Sizes const& from, Sizes const& to) {
  auto const grow = [](std::string_view what, std::int64_t a, std::int64_t b) -> Result<void> {
    if (b < a) return fail(std::format("{} can only grow: the model has {}, the shape {}", what, a, b));
    return {};
  };
  EDGELAB_CHECK(grow("width (n_embd)", from.embd, to.embd));
  EDGELAB_CHECK(grow("layers (n_layer)", from.layers, to.layers));
  EDGELAB_CHECK(grow("heads (n_head)", from.heads, to.heads));
  EDGELAB_CHECK(grow("KV heads (n_head_kv)", from.heads_kv, to.heads_kv));
  EDGELAB_CHECK(grow("feed-forward rows (n_ff)", from.ff, to.ff));
  if (from.head != to.head) return fail(std::format("head size must stay {}; the shape's is {}", from.head, to.head));
  if (from.heads * to.heads_kv != to.heads * from.heads_kv)
    return fail(std::format("query heads to a KV head must stay: the model has {}/{}, the shape {}/{}", from.heads,
                            from.heads_kv, to.heads, to.heads_kv));
  return {};
}

// {columns, rows} of a tensor by the last part of its name; rows 0 for vectors. Nullopt for a tensor we do not know.
std::optional<std::array<std::int64_t, 2>> extent(std::string_view name, Sizes const& sizes, std::int64_t vocabulary) {
  auto const is = [&](std::string_view part) { return name.ends_with(part); };
  std::int64_t const q = sizes.heads * sizes.head;
  std::int64_t const kv = sizes.heads_kv * sizes.head;
  if (name == "token_embd.weight" || name == "output.weight") return {{sizes.embd, vocabulary}};
  if (is("norm.weight")) return {{sizes.embd, 0}};
  if (is(".attn_q.weight")) return {{sizes.embd, q}};
  if (is(".attn_k.weight") || is(".attn_v.weight")) return {{sizes.embd, kv}};
  if (is(".attn_output.weight")) return {{q, sizes.embd}};
  if (is(".ffn_gate.weight") || is(".ffn_up.weight")) return {{sizes.embd, sizes.ff}};
  if (is(".ffn_down.weight")) return {{sizes.ff, sizes.embd}};
  return std::nullopt;
}

// `from` in the upper left corner of the zeroed `to`, whatever the element type is.
void place(ggml_tensor const* from, ggml_tensor* to) {
  for (std::int64_t row = 0; row < from->ne[1]; ++row)
    std::memcpy(static_cast<char*>(to->data) + static_cast<std::size_t>(row) * to->nb[1],
                static_cast<char const*>(from->data) + static_cast<std::size_t>(row) * from->nb[1], from->nb[1]);
}

ggml_tensor* new_tensor(ggml_context* ggml, std::string const& name, ggml_type type,
                        std::array<std::int64_t, 2> const& size) {
  auto* tensor =
      size[1] == 0 ? ggml_new_tensor_1d(ggml, type, size[0]) : ggml_new_tensor_2d(ggml, type, size[0], size[1]);
  ggml_set_name(tensor, name.c_str());
  std::memset(tensor->data, 0, ggml_nbytes(tensor));
  return tensor;
}

}  // namespace

Result<void> widen(std::filesystem::path const& in, Shape const& shape, std::filesystem::path const& out) {
  EDGELAB_TRY(info, inspect(in));
  if (info.architecture != "llama")
    return fail(std::format("{}: only models of architecture 'llama' can be widened; this is '{}'", in.string(),
                            info.architecture));

  ggml_context* raw = nullptr;
  GgufContext const source(gguf_init_from_file(in.c_str(), {.no_alloc = false, .ctx = &raw}), gguf_free);
  GgmlContext const source_tensors(raw, ggml_free);
  if (!source) return fail(std::format("{}: cannot be read as GGUF", in.string()));

  EDGELAB_TRY(from, sizes_of(source.get()));
  Sizes const to{shape.n_embd, shape.n_layer, shape.n_head, shape.n_head_kv, shape.n_ff, shape.n_embd / shape.n_head};
  EDGELAB_CHECK(check_fits(from, to));
  double const width_ratio = static_cast<double>(from.embd) / static_cast<double>(to.embd);

  std::size_t bytes = 0;
  for (std::int64_t i = 0; i < gguf_get_n_tensors(source.get()); ++i) {
    auto const type = gguf_get_tensor_type(source.get(), i);
    if (type != GGML_TYPE_F16 && type != GGML_TYPE_F32)
      return fail(std::format("{}: tensor {} is {}; widen the f16 model and quantise the result", in.string(),
                              gguf_get_tensor_name(source.get(), i), ggml_type_name(type)));
    auto const size = extent(gguf_get_tensor_name(source.get(), i), to, info.vocabulary);
    if (!size) return fail(std::format("{}: unknown tensor {}", in.string(), gguf_get_tensor_name(source.get(), i)));
    bytes += ggml_type_size(type) * static_cast<std::size_t>((*size)[0] * std::max<std::int64_t>((*size)[1], 1));
  }
  // The layers' tensors come once more for each new layer.
  auto const copies = static_cast<std::size_t>((to.layers + from.layers - 1) / from.layers);
  auto const tensors = static_cast<std::size_t>(gguf_get_n_tensors(source.get())) * copies;
  GgmlContext const wide(ggml_init({.mem_size = bytes * copies + tensors * (ggml_tensor_overhead() + 64),
                                    .mem_buffer = nullptr,
                                    .no_alloc = false}),
                         ggml_free);
  if (!wide) return fail("not enough memory for the widened model");

  GgufContext const target(gguf_init_empty(), gguf_free);
  gguf_set_kv(target.get(), source.get());
  auto const set = [&](char const* key, std::int64_t value) {
    gguf_set_val_u32(target.get(), key, static_cast<std::uint32_t>(value));
  };
  set("llama.embedding_length", to.embd);
  set("llama.block_count", to.layers);
  set("llama.attention.head_count", to.heads);
  set("llama.attention.head_count_kv", to.heads_kv);
  set("llama.feed_forward_length", to.ff);
  auto const epsilon = gguf_find_key(source.get(), "llama.attention.layer_norm_rms_epsilon");
  if (epsilon < 0) return fail(std::format("{}: the model has no RMSNorm epsilon", in.string()));
  gguf_set_val_f32(target.get(), "llama.attention.layer_norm_rms_epsilon",
                   static_cast<float>(gguf_get_val_f32(source.get(), epsilon) * width_ratio));

  auto const add = [&](std::string const& name, ggml_tensor const* original, bool is_new_layer) {
    auto* tensor = new_tensor(wide.get(), name, original->type, *extent(name, to, info.vocabulary));
    bool const is_norm = name.ends_with("norm.weight");
    if (is_new_layer) {
      if (is_norm) std::fill_n(static_cast<float*>(tensor->data), ggml_nelements(tensor), 1.0F);
    } else {
      place(original, tensor);
      auto* values = static_cast<float*>(tensor->data);
      if (is_norm)
        for (std::int64_t i = 0; i < ggml_nelements(tensor); ++i)
          values[i] *= static_cast<float>(std::sqrt(width_ratio));
    }
    gguf_add_tensor(target.get(), tensor);
  };
  for (auto* tensor = ggml_get_first_tensor(source_tensors.get()); tensor != nullptr;
       tensor = ggml_get_next_tensor(source_tensors.get(), tensor)) {
    std::string const name = ggml_get_name(tensor);
    if (gguf_find_tensor(source.get(), name.c_str()) < 0) continue;   // the context's own data blob
    if (name.ends_with("norm.weight") && tensor->type != GGML_TYPE_F32)
      return fail(std::format("{}: tensor {} must be f32", in.string(), name));
    add(name, tensor, false);
    if (constexpr std::string_view first_layer = "blk.0."; name.starts_with(first_layer))
      for (std::int64_t layer = from.layers; layer < to.layers; ++layer)
        add(std::format("blk.{}.{}", layer, name.substr(first_layer.size())), tensor, true);
  }

  auto const part = out.string() + ".part";
  if (!gguf_write_to_file(target.get(), part.c_str(), false)) return fail(std::format("cannot write {}", part));
  std::error_code error;
  std::filesystem::rename(part, out, error);
  if (error) return fail(std::format("cannot write {}: {}", out.string(), error.message()));
  return {};
}

}  // namespace edgelab::model
