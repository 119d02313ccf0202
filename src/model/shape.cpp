#include <algorithm>
#include <charconv>
#include <functional>
#include <string_view>
#include <system_error>

#include "core/text.hpp"
#include "model/gguf_file.hpp"
#include "model/vocabulary.hpp"

namespace edgelab::model {

namespace {

struct Preset {
  std::string_view name;
  Shape shape;
};

std::vector<Preset> const& presets() {
  static std::vector<Preset> const all{
      {"smollm2-135m", {.n_ctx = 8192, .rope_freq_base = 100000.0}},
      {"qwen2.5-0.5b",
       {.architecture = "qwen2",
        .n_embd = 896,
        .n_layer = 24,
        .n_head = 14,
        .n_head_kv = 2,
        .n_ff = 4864,
        .n_vocab = 151936,
        .n_ctx = 32768,
        .rope_freq_base = 1000000.0}},
      {"llama3.2-1b",
       {.n_embd = 2048,
        .n_layer = 16,
        .n_head = 32,
        .n_head_kv = 8,
        .n_ff = 8192,
        .n_vocab = 128256,
        .n_ctx = 131072,
        .rope_freq_base = 500000.0}},
      {"tiny-llama", {.n_embd = 128, .n_layer = 3, .n_head = 4, .n_head_kv = 2, .n_ff = 384, .n_vocab = 1024}},
      {"tiny-mamba", {.architecture = "mamba", .n_embd = 128, .n_layer = 3, .n_vocab = 1024}},
      {"tiny-gemma2",
       {.architecture = "gemma2",
        .n_embd = 128,
        .n_layer = 4,
        .n_head = 4,
        .n_head_kv = 2,
        .n_ff = 384,
        .n_vocab = 1024}},
  };
  return all;
}

struct Key {
  std::string_view name;
  std::function<bool(Shape&, std::string_view)> set;   // false: not such a value
  std::string_view expected;
};

template <typename T>
bool parse_number(std::string_view text, T& out) {
  auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  return code == std::errc{} && end == text.data() + text.size();
}

Key integer_key(std::string_view name, std::int32_t Shape::* member) {
  return {
      name,
      [member](Shape& shape, std::string_view text) { return parse_number(text, shape.*member) && shape.*member >= 1; },
      "a whole number from 1"};
}

std::vector<std::string> const architectures{"llama", "qwen2", "gemma2", "mamba"};

std::vector<Key> const& keys() {
  static std::vector<Key> const all{
      {"architecture",
       [](Shape& shape, std::string_view text) {
         shape.architecture = text;
         return std::ranges::find(architectures, text) != architectures.end();
       },
       "one of llama, qwen2, gemma2, mamba"},
      integer_key("n_embd", &Shape::n_embd),
      integer_key("n_layer", &Shape::n_layer),
      integer_key("n_head", &Shape::n_head),
      integer_key("n_head_kv", &Shape::n_head_kv),
      integer_key("n_ff", &Shape::n_ff),
      integer_key("n_vocab", &Shape::n_vocab),
      integer_key("n_ctx", &Shape::n_ctx),
      integer_key("sliding_window", &Shape::sliding_window),
      {"rope_freq_base",
       [](Shape& shape, std::string_view text) {
         return parse_number(text, shape.rope_freq_base) && shape.rope_freq_base > 0.0;
       },
       "a number above 0"},
      {"tied_embeddings",
       [](Shape& shape, std::string_view text) {
         shape.tied_embeddings = text == "on";
         return text == "on" || text == "off";
       },
       "on or off"},
  };
  return all;
}

std::vector<std::string> key_names() {
  std::vector<std::string> names;
  for (auto const& key : keys()) names.emplace_back(key.name);
  return names;
}

Result<void> set_key(Shape& shape, std::string_view name, std::string_view value) {
  for (auto const& key : keys()) {
    if (key.name != name) continue;
    if (key.set(shape, value)) return {};
    return fail("'" + std::string(name) + "' in the shape is '" + std::string(value) + "'; expected " +
                std::string(key.expected));
  }
  auto const names = key_names();
  return fail("unknown key '" + std::string(name) + "' in the shape" + suggestion(name, names) +
              "; known: " + join(names, ", "));
}

// What llama.cpp would refuse or choke on, said before a file is written.
Result<void> check_shape(Shape const& shape) {
  auto const is = [&](std::string_view name) { return shape.architecture == name; };
  if (shape.n_vocab < smallest_vocabulary()) {
    return fail("n_vocab is " + std::to_string(shape.n_vocab) + "; expected at least " +
                std::to_string(smallest_vocabulary()) + ", a token for each byte and the special ones");
  }
  if ((is("gemma2") || is("mamba")) && !shape.tied_embeddings) {
    return fail("tied_embeddings=off is not possible for " + shape.architecture);
  }
  if (is("mamba")) return {};
  if (shape.n_embd % shape.n_head != 0 || shape.n_embd / shape.n_head % 2 != 0) {
    return fail("n_embd (" + std::to_string(shape.n_embd) + ") must be n_head (" + std::to_string(shape.n_head) +
                ") times an even number");
  }
  if (shape.n_head % shape.n_head_kv != 0) {
    return fail("n_head (" + std::to_string(shape.n_head) + ") must be a multiple of n_head_kv (" +
                std::to_string(shape.n_head_kv) + ")");
  }
  return {};
}

}  // namespace

std::vector<std::string> shape_presets() {
  std::vector<std::string> names;
  for (auto const& preset : presets()) names.emplace_back(preset.name);
  return names;
}

Result<Shape> parse_shape(std::string const& text) {
  Shape shape;
  bool first = true;
  for (auto const& part : split(text, ',')) {
    auto const item = trim(part);
    auto const equals = item.find('=');
    if (equals != std::string_view::npos) {
      EDGELAB_CHECK(set_key(shape, trim(item.substr(0, equals)), trim(item.substr(equals + 1))));
    } else {
      auto const preset = std::ranges::find(presets(), item, &Preset::name);
      auto const names = shape_presets();
      if (!first || preset == presets().end()) {
        return fail("'" + std::string(item) + "' is neither a preset at the start nor key=value" +
                    suggestion(item, names) + "; presets: " + join(names, ", ") + "; keys: " + join(key_names(), ", "));
      }
      shape = preset->shape;
    }
    first = false;
  }
  EDGELAB_CHECK(check_shape(shape));
  return shape;
}

}  // namespace edgelab::model
