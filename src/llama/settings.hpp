// Flags as what llama.cpp wants to know. Absent flags take the catalogue's defaults.
#pragma once

#include <llama.h>

#include <cstdint>
#include <string>
#include <vector>

#include "llama/compat.hpp"
#include "llama/refusal.hpp"
#include "llama/scheduler.hpp"
#include "types/flags.hpp"

namespace edgelab::llama {

// A change of these means loading the model again.
struct ModelSettings {
  LoadMode load_mode = LoadMode::automatic;
  bool repack = true;
  std::int32_t n_gpu_layers = 0;
  llama_split_mode split_mode = LLAMA_SPLIT_MODE_LAYER;
  std::int32_t main_gpu = 0;
  std::vector<std::string> rpc{};     // host:port of ggml RPC servers, whose devices take layers before those here do

  bool operator==(ModelSettings const&) const = default;
};

enum class Unified : std::uint8_t { off, on, automatic };

// A change of these means making a new context.
struct ContextSettings {
  std::uint32_t n_batch = 2048;
  std::uint32_t n_ubatch = 512;
  std::int32_t n_threads = 1;
  std::int32_t n_threads_batch = 1;
  ggml_type type_k = GGML_TYPE_F16;
  ggml_type type_v = GGML_TYPE_F16;
  llama_flash_attn_type flash_attn = LLAMA_FLASH_ATTN_TYPE_DISABLED;
  bool swa_full = false;
  Unified kv_unified = Unified::automatic;
  bool offload_kqv = true;
  bool op_offload = false;
  std::uint32_t n_seq_max = 1;       // parallel
  std::uint32_t n_ctx = 0;           // of all sequences together; 0: as many as the requests need
  std::uint32_t n_outputs_max = 1;   // not a flag: logits wanted of one ubatch

  bool operator==(ContextSettings const&) const = default;
};

enum class DraftSource : std::uint8_t { none, model, model_where_given };

// What drafts, and how far. Lookup goes first where both are on.
struct SpeculationSettings {
  bool lookup = false;                       // prompt-lookup
  std::int32_t lookup_ngram = 3;
  std::int32_t lookup_min = 2;               // at most lookup_ngram
  DraftSource source = DraftSource::none;  // of speculative-decoding; adaptive with lookup does without a model too
  bool adaptive = false;
  std::int32_t draft_max = 8;
  std::int32_t draft_min = 0;
  double draft_p_min = 0.5;

  [[nodiscard]] bool enabled() const { return lookup || source != DraftSource::none; }
};

struct RequestSettings {
  bool kv_cache = true;
  bool cache_prompt = false;
  std::int32_t cache_reuse = 0;
  Batching batching = Batching::together;
  SpeculationSettings speculation;
};

struct Settings {
  ModelSettings model;
  ContextSettings context;
  RequestSettings request;
};

// kv-unified auto is resolved: on where several slots share prefixes or draft. Refuses values this executor does not have ("unsupported") and text that is no value ("bad-request").
[[nodiscard]] Outcome<Settings> settings_from(Flags const& flags);

}  // namespace edgelab::llama
