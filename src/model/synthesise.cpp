#include <ggml.h>
#include <gguf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <random>
#include <string_view>
#include <system_error>
#include <thread>

#include "core/text.hpp"
#include "model/gguf_file.hpp"
#include "model/gguf_reader.hpp"
#include "model/layout.hpp"
#include "model/vocabulary.hpp"

namespace edgelab::model {

namespace {

// The types offered, with the number llama.cpp gives a file of mostly that type.
struct WeightType {
  ggml_type type;
  std::uint32_t file_type;
};
constexpr WeightType weight_type_table[] = {
    {GGML_TYPE_F32, 0},   {GGML_TYPE_F16, 1},   {GGML_TYPE_BF16, 32}, {GGML_TYPE_Q8_0, 7},    {GGML_TYPE_Q5_1, 9},
    {GGML_TYPE_Q5_0, 8},  {GGML_TYPE_Q4_1, 3},  {GGML_TYPE_Q4_0, 2},  {GGML_TYPE_IQ4_NL, 25}, {GGML_TYPE_Q6_K, 18},
    {GGML_TYPE_Q5_K, 17}, {GGML_TYPE_Q4_K, 15}, {GGML_TYPE_Q3_K, 12}, {GGML_TYPE_Q2_K, 10}};

Result<WeightType> find_type(std::string const& name) {
  for (auto const& row : weight_type_table) {
    if (name == ggml_type_name(row.type)) return row;
  }
  auto const names = weight_types();
  return fail("unknown weight type '" + name + "'" + suggestion(name, names) + "; known: " + join(names, ", "));
}

bool divides_into(std::int64_t columns, ggml_type type) { return columns % ggml_blck_size(type) == 0; }

// What llama-quantize makes of a tensor in a file of that type.
ggml_type stored_type(TensorPlan const& tensor, ggml_type wanted, bool tied) {
  if (tensor.role == Role::exact) return GGML_TYPE_F32;
  bool const is_output = tensor.role == Role::output || (tensor.role == Role::embedding && tied);
  if (is_output && ggml_is_quantized(wanted) && wanted != GGML_TYPE_Q8_0) {
    wanted = divides_into(tensor.extent[0], GGML_TYPE_Q6_K) ? GGML_TYPE_Q6_K : GGML_TYPE_Q8_0;
  }
  return divides_into(tensor.extent[0], wanted) ? wanted : GGML_TYPE_F16;
}

// SplitMix64 (Steele, Lea, Flood 2014): a full-period generator whose state is a counter, so that each row can
// start from its own number.
class Random {
 public:
  explicit Random(std::uint64_t state) : state_(state) {}
  std::uint64_t operator()() {
    auto z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

void fill_row(float* row, TensorPlan const& tensor, std::uint64_t tensor_seed, std::int64_t index) {
  auto const columns = tensor.extent[0];
  if (tensor.descending) {
    for (std::int64_t c = 0; c < columns; ++c) row[c] = -static_cast<float>(c + 1);
    return;
  }
  bool const is_token = tensor.role == Role::embedding || tensor.role == Role::output;
  if (is_token && index < special_tokens()) {
    std::fill_n(row, columns, 0.0F);
    return;
  }
  Random random(tensor_seed + static_cast<std::uint64_t>(index) * 0xd1342543de82ef95ULL);
  auto const scale = tensor.spread * 0x1p-31F;
  for (std::int64_t c = 0; c < columns; c += 2) {
    auto const bits = random();
    row[c] = tensor.centre + scale * static_cast<float>(static_cast<std::int32_t>(bits));
    if (c + 1 < columns) row[c + 1] = tensor.centre + scale * static_cast<float>(static_cast<std::int32_t>(bits >> 32));
  }
}

// Rows [first, first + count) as they stand in the file.
void encode_rows(TensorPlan const& tensor, ggml_type type, std::uint64_t tensor_seed, std::int64_t first,
                 std::int64_t count, char* out) {
  auto const columns = tensor.extent[0];
  std::vector<float> row(static_cast<std::size_t>(columns));
  auto const row_bytes = ggml_row_size(type, columns);
  for (std::int64_t r = 0; r < count; ++r) {
    fill_row(row.data(), tensor, tensor_seed, first + r);
    ggml_quantize_chunk(type, row.data(), out + static_cast<std::size_t>(r) * row_bytes, 0, 1, columns, nullptr);
  }
}

// A tensor slab by slab, each slab by all cores.
void write_tensor(std::ostream& out, TensorPlan const& tensor, ggml_type type, std::uint64_t tensor_seed) {
  constexpr std::int64_t slab_elements = 8 << 20;
  auto const threads = std::max(1U, std::thread::hardware_concurrency());
  auto const rows = tensor.extent[1];
  auto const row_bytes = ggml_row_size(type, tensor.extent[0]);
  auto const slab = std::max<std::int64_t>(threads, slab_elements / tensor.extent[0]);
  std::vector<char> bytes;
  for (std::int64_t first = 0; first < rows; first += slab) {
    auto const count = std::min(slab, rows - first);
    bytes.resize(static_cast<std::size_t>(count) * row_bytes);
    auto const share = (count + threads - 1) / threads;
    std::vector<std::thread> workers;
    for (std::int64_t start = 0; start < count; start += share) {
      workers.emplace_back(encode_rows, std::cref(tensor), type, tensor_seed, first + start,
                           std::min(share, count - start), bytes.data() + static_cast<std::size_t>(start) * row_bytes);
    }
    for (auto& worker : workers) worker.join();
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
}

void set_metadata(gguf_context* gguf, Shape const& shape, std::uint32_t file_type) {
  auto const& arch = shape.architecture;
  auto const key = [&](std::string_view name) { return arch + "." + std::string(name); };
  auto const set = [&](std::string_view name, std::int64_t value) {
    gguf_set_val_u32(gguf, key(name).c_str(), static_cast<std::uint32_t>(value));
  };
  auto const set_real = [&](std::string_view name, double value) {
    gguf_set_val_f32(gguf, key(name).c_str(), static_cast<float>(value));
  };
  gguf_set_val_str(gguf, "general.architecture", arch.c_str());
  gguf_set_val_str(gguf, "general.name", "synthesised (random weights)");
  gguf_set_val_u32(gguf, "general.file_type", file_type);
  gguf_set_val_u32(gguf, "general.quantization_version", GGML_QNT_VERSION);
  bool const mamba = arch == "mamba";
  set("context_length", shape.n_ctx);
  set("embedding_length", shape.n_embd);
  set("block_count", shape.n_layer);
  set("vocab_size", shape.n_vocab);
  set("feed_forward_length", mamba ? 0 : shape.n_ff);
  set("attention.head_count", mamba ? 0 : shape.n_head);
  set_real("attention.layer_norm_rms_epsilon", 1e-5);
  if (mamba) {
    auto const sizes = mamba_sizes(shape);
    set("ssm.conv_kernel", sizes.conv);
    set("ssm.inner_size", sizes.inner);
    set("ssm.state_size", sizes.state);
    set("ssm.time_step_rank", sizes.time_step_rank);
    return;
  }
  set("attention.head_count_kv", shape.n_head_kv);
  set("attention.key_length", shape.n_embd / shape.n_head);
  set("attention.value_length", shape.n_embd / shape.n_head);
  set("rope.dimension_count", shape.n_embd / shape.n_head);
  set_real("rope.freq_base", shape.rope_freq_base);
  if (arch == "gemma2") {
    set("attention.sliding_window", shape.sliding_window);
    set_real("attn_logit_softcapping", 50.0);
    set_real("final_logit_softcapping", 30.0);
  }
}

void set_tokenizer(gguf_context* gguf, Shape const& shape) {
  auto const vocabulary = make_vocabulary(shape.n_vocab);
  std::vector<char const*> texts;
  texts.reserve(vocabulary.tokens.size());
  for (auto const& token : vocabulary.tokens) texts.push_back(token.c_str());
  gguf_set_val_str(gguf, "tokenizer.ggml.model", "llama");
  gguf_set_val_str(gguf, "tokenizer.ggml.pre", "default");
  gguf_set_arr_str(gguf, "tokenizer.ggml.tokens", texts.data(), texts.size());
  gguf_set_arr_data(gguf, "tokenizer.ggml.scores", GGUF_TYPE_FLOAT32, vocabulary.scores.data(),
                    vocabulary.scores.size());
  gguf_set_arr_data(gguf, "tokenizer.ggml.token_type", GGUF_TYPE_INT32, vocabulary.types.data(),
                    vocabulary.types.size());
  gguf_set_val_u32(gguf, "tokenizer.ggml.unknown_token_id", static_cast<std::uint32_t>(vocabulary.unknown));
  gguf_set_val_u32(gguf, "tokenizer.ggml.bos_token_id", static_cast<std::uint32_t>(vocabulary.begin));
  gguf_set_val_u32(gguf, "tokenizer.ggml.eos_token_id", static_cast<std::uint32_t>(vocabulary.end));
  gguf_set_val_bool(gguf, "tokenizer.ggml.add_bos_token", true);
  gguf_set_val_bool(gguf, "tokenizer.ggml.add_eos_token", false);
  gguf_set_val_bool(gguf, "tokenizer.ggml.add_space_prefix", false);
  gguf_set_val_str(gguf, "tokenizer.chat_template", std::string(chat_template()).c_str());
}

struct FreeGgml {
  void operator()(ggml_context* context) const { ggml_free(context); }
};

// Everything but the data: names, types, extents.
void add_tensors(gguf_context* gguf, std::vector<TensorPlan> const& tensors, ggml_type type, bool tied) {
  ggml_init_params const params{ggml_tensor_overhead() * (tensors.size() + 1), nullptr, true};
  std::unique_ptr<ggml_context, FreeGgml> const context(ggml_init(params));
  for (auto const& plan : tensors) {
    auto const stored = stored_type(plan, type, tied);
    bool const is_vector = plan.role == Role::exact && plan.extent[1] == 1;
    auto* tensor = is_vector ? ggml_new_tensor_1d(context.get(), stored, plan.extent[0])
                             : ggml_new_tensor_2d(context.get(), stored, plan.extent[0], plan.extent[1]);
    ggml_set_name(tensor, plan.name.c_str());
    gguf_add_tensor(gguf, tensor);
  }
}

void pad(std::ostream& out, std::size_t alignment) {
  auto const at = static_cast<std::size_t>(out.tellp());
  std::string const zeros((alignment - at % alignment) % alignment, '\0');
  out.write(zeros.data(), static_cast<std::streamsize>(zeros.size()));
}

Result<void> write_file(gguf_context* gguf, std::vector<TensorPlan> const& tensors, ggml_type type, bool tied,
                        std::uint64_t seed, std::filesystem::path const& file) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  if (!out) return fail("cannot create it: " + std::generic_category().message(errno));
  std::vector<char> header(gguf_get_meta_size(gguf));
  gguf_get_meta_data(gguf, header.data());
  out.write(header.data(), static_cast<std::streamsize>(header.size()));
  Random seeds(seed);
  for (auto const& tensor : tensors) {
    write_tensor(out, tensor, stored_type(tensor, type, tied), seeds());
    pad(out, gguf_get_alignment(gguf));
    if (!out) return fail("cannot write it: " + std::generic_category().message(errno));
  }
  out.close();
  if (!out) return fail("cannot write it: " + std::generic_category().message(errno));
  return {};
}

}  // namespace

std::vector<std::string> weight_types() {
  std::vector<std::string> names;
  for (auto const& row : weight_type_table) names.emplace_back(ggml_type_name(row.type));
  return names;
}

Result<void> synthesise(Shape const& shape, std::string const& type, std::uint64_t seed,
                        std::filesystem::path const& out) {
  EDGELAB_TRY(weight, find_type(type));
  CapturedLog const quiet;
  Gguf const gguf(gguf_init_empty());
  set_metadata(gguf.get(), shape, weight.file_type);
  set_tokenizer(gguf.get(), shape);
  auto const tensors = layout(shape);
  add_tensors(gguf.get(), tensors, weight.type, shape.tied_embeddings);

  auto partial = out;
  partial += ".partial-" + std::to_string(std::random_device{}());
  std::error_code code;
  auto written = write_file(gguf.get(), tensors, weight.type, shape.tied_embeddings, seed, partial);
  if (written) {
    std::filesystem::rename(partial, out, code);
    if (code) written = fail("cannot rename it from " + partial.string() + ": " + code.message());
  }
  if (written) return {};
  std::filesystem::remove(partial, code);
  return std::unexpected(std::move(written).error().within("writing model " + out.string()));
}

}  // namespace edgelab::model
