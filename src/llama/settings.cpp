#include "llama/settings.hpp"

#include <algorithm>
#include <charconv>
#include <format>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "llama/backends.hpp"
#include "llama/support.hpp"

namespace edgelab::llama {

namespace {

// Reads flags one by one and keeps the first thing that is wrong.
class Reader {
 public:
  explicit Reader(Flags const& flags) : flags_(flags) {}

  // Whole numbers from `minimum` on, or real ones.
  template <typename T>
  void number(std::string const& name, T& out, T minimum) {
    auto const* text = find(name);
    if (text == nullptr) return;
    T value{};
    auto const [end, code] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (code != std::errc{} || end != text->data() + text->size() || !(value >= minimum)) {
      wrong(name, *text, std::format("a {} from {}", std::is_integral_v<T> ? "whole number" : "number", minimum));
      return;
    }
    out = value;
  }

  void on_off(std::string const& name, bool& out) { choice<bool>(name, out, {{"on", true}, {"off", false}}); }

  template <typename T>
  void choice(std::string const& name, T& out, std::vector<std::pair<std::string, T>> const& choices) {
    auto const* text = find(name);
    if (text == nullptr) return;
    auto const found = std::ranges::find(choices, *text, &std::pair<std::string, T>::first);
    if (found != choices.end()) {
      out = found->second;
      return;
    }
    std::vector<std::string> names;
    names.reserve(choices.size());
    for (auto const& choice : choices) names.push_back(choice.first);
    wrong(name, *text, "one of " + join(names, ", "));
  }

  [[nodiscard]] std::optional<Refusal> const& refusal() const { return refusal_; }

 private:
  [[nodiscard]] std::string const* find(std::string const& name) const {
    auto const found = flags_.find(name);
    return found == flags_.end() || found->second.empty() ? nullptr : &found->second;
  }

  void wrong(std::string const& name, std::string const& value, std::string const& expected) {
    if (!refusal_) refusal_ = Refusal{"bad-request", "flag '" + name + "' is '" + value + "'; expected " + expected};
  }

  Flags const& flags_;
  std::optional<Refusal> refusal_;
};

std::vector<std::pair<std::string, ggml_type>> const kv_types{
    {"f32", GGML_TYPE_F32},   {"f16", GGML_TYPE_F16},   {"bf16", GGML_TYPE_BF16},
    {"q8_0", GGML_TYPE_Q8_0}, {"q5_1", GGML_TYPE_Q5_1}, {"q5_0", GGML_TYPE_Q5_0},
    {"q4_1", GGML_TYPE_Q4_1}, {"q4_0", GGML_TYPE_Q4_0}, {"iq4_nl", GGML_TYPE_IQ4_NL}};

void read_model(Reader& reader, Flags const& flags, ModelSettings& out) {
  reader.choice<LoadMode>("load-mode", out.load_mode,
                          {{"auto", LoadMode::automatic},
                           {"none", LoadMode::none},
                           {"mmap", LoadMode::mmap},
                           {"mlock", LoadMode::mlock},
                           {"mmap+mlock", LoadMode::mmap_mlock},
                           {"dio", LoadMode::direct_io}});
  reader.on_off("repack", out.repack);
  auto const layers = flags.find("n-gpu-layers");
  // auto is all of them where there is an accelerator; the ledger tells how many it became.
  auto const rpc = flags.find("rpc");
  bool const somewhere = has_accelerator() || (rpc != flags.end() && !rpc->second.empty());
  if (layers != flags.end() && (layers->second == "all" || layers->second == "auto"))
    out.n_gpu_layers = somewhere || layers->second == "all" ? -1 : 0;
  else
    reader.number("n-gpu-layers", out.n_gpu_layers, 0);
  reader.choice<llama_split_mode>("split-mode", out.split_mode,
                                  {{"none", LLAMA_SPLIT_MODE_NONE},
                                   {"layer", LLAMA_SPLIT_MODE_LAYER},
                                   {"row", LLAMA_SPLIT_MODE_ROW},
                                   {"tensor", LLAMA_SPLIT_MODE_TENSOR}});
  reader.number("main-gpu", out.main_gpu, 0);
  if (auto const servers = flags.find("rpc"); servers != flags.end() && !servers->second.empty())
    out.rpc = split(servers->second, ',');
}

void read_context(Reader& reader, ContextSettings& out) {
  out.n_threads = static_cast<std::int32_t>(std::max(1U, std::thread::hardware_concurrency()));
  reader.number("batch-size", out.n_batch, 1U);
  reader.number("ubatch-size", out.n_ubatch, 1U);
  reader.number("threads", out.n_threads, 1);
  out.n_threads_batch = out.n_threads;
  reader.number("threads-batch", out.n_threads_batch, 1);
  reader.choice("cache-type-k", out.type_k, kv_types);
  reader.choice("cache-type-v", out.type_v, kv_types);
  reader.choice<llama_flash_attn_type>("flash-attn", out.flash_attn,
                                       {{"on", LLAMA_FLASH_ATTN_TYPE_ENABLED},
                                        {"off", LLAMA_FLASH_ATTN_TYPE_DISABLED},
                                        {"auto", LLAMA_FLASH_ATTN_TYPE_AUTO}});
  reader.on_off("swa-full", out.swa_full);
  reader.choice<Unified>("kv-unified", out.kv_unified,
                         {{"auto", Unified::automatic}, {"on", Unified::on}, {"off", Unified::off}});
  reader.number("parallel", out.n_seq_max, 1U);
  reader.number("ctx-size", out.n_ctx, 1U);
  reader.on_off("op-offload", out.op_offload);
  bool no_kv_offload = false;
  reader.on_off("no-kv-offload", no_kv_offload);
  out.offload_kqv = !no_kv_offload;
}

void read_request(Reader& reader, Flags const& flags, RequestSettings& out) {
  reader.on_off("kv-cache", out.kv_cache);
  reader.on_off("cache-prompt", out.cache_prompt);
  reader.number("cache-reuse", out.cache_reuse, 0);
  reader.choice<Batching>("cont-batching", out.batching, {{"on", Batching::continuous}, {"off", Batching::together}});
  auto& speculation = out.speculation;
  reader.on_off("prompt-lookup", speculation.lookup);
  reader.number("prompt-lookup-ngram", speculation.lookup_ngram, 1);
  reader.number("prompt-lookup-min", speculation.lookup_min, 1);
  speculation.lookup_min = std::min(speculation.lookup_min, speculation.lookup_ngram);
  std::string mode = "off";
  reader.choice<std::string>("speculative-decoding", mode,
                             {{"off", "off"}, {"draft", "draft"}, {"adaptive", "adaptive"}});
  speculation.adaptive = mode == "adaptive";
  if (mode != "off") {
    auto const named = flags.find("draft-model");
    bool const none = named != flags.end() && named->second == "none";
    speculation.source =
        none ? DraftSource::none
             : (speculation.adaptive && speculation.lookup ? DraftSource::model_where_given : DraftSource::model);
  }
  reader.number("draft-max", speculation.draft_max, 1);
  reader.number("draft-min", speculation.draft_min, 0);
  reader.number("draft-p-min", speculation.draft_p_min, 0.0);
}

// What llama.cpp or the engine cannot combine. The coordinator refuses the same when it plans; other callers may not.
std::optional<std::string> refused_combination(Settings const& settings) {
  auto const& request = settings.request;
  auto const& model = settings.model;
  if (!model.rpc.empty() && model.n_gpu_layers == 0)
    return "rpc needs n-gpu-layers above 0: it says how many layers the servers are given";
  if (model.rpc.empty() && model.n_gpu_layers != 0 && !has_accelerator())
    return "n-gpu-layers is above 0, but llama.cpp finds no accelerator here and no rpc server is named";
  if (request.cache_prompt && !request.kv_cache)
    return "cache-prompt needs kv-cache: without it nothing of an earlier prompt is kept";
  if (request.cache_reuse > 0 && !request.cache_prompt)
    return "cache-reuse needs cache-prompt: it reuses what that keeps";
  if (request.speculation.enabled() && !request.kv_cache)
    return "speculation needs kv-cache: a draft is verified after what the cache holds";
  if (request.speculation.adaptive && !request.speculation.enabled())
    return "speculative-decoding adaptive has nothing to adapt: draft-model is none and prompt-lookup is off";
  if (request.speculation.draft_min > request.speculation.draft_max)
    return "draft-min is more than draft-max: no draft would ever be verified";
  if (settings.context.n_seq_max > llama_max_parallel_sequences())
    return std::format("parallel {}: llama.cpp has at most {} sequences", settings.context.n_seq_max,
                       llama_max_parallel_sequences());
  if (ggml_is_quantized(settings.context.type_v) && settings.context.flash_attn == LLAMA_FLASH_ATTN_TYPE_DISABLED)
    return "a quantised V cache (cache-type-v) needs flash-attn";
  return std::nullopt;
}

// Without one buffer for all, a prefix cannot be copied from one sequence to another (llama.cpp aborts), and rows of
// sequences that differ in number, as drafts do, are cut into a ubatch for each number. With one, each token's attention
// goes over the cells of all sequences.
bool wants_unified(Settings const& settings) {
  return settings.context.n_seq_max > 1 && (settings.request.cache_prompt || settings.request.speculation.enabled());
}

}  // namespace

Outcome<Settings> settings_from(Flags const& flags) {
  if (auto reason = refused_value(flags)) return refuse("unsupported", *std::move(reason));
  Settings settings;
  Reader reader(flags);
  read_model(reader, flags, settings.model);
  read_context(reader, settings.context);
  read_request(reader, flags, settings.request);
  if (reader.refusal()) return std::unexpected(*reader.refusal());
  if (auto reason = refused_combination(settings)) return refuse("unsupported", *std::move(reason));
  auto& unified = settings.context.kv_unified;
  if (unified == Unified::automatic) unified = wants_unified(settings) ? Unified::on : Unified::off;
  return settings;
}

}  // namespace edgelab::llama
