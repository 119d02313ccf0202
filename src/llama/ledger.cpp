#include "llama/ledger.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <format>
#include <fstream>
#include <string>
#include <map>
#include <optional>
#include <vector>

#include "core/text.hpp"
#include "llama/backends.hpp"
#include "serve/llama_log.hpp"

namespace edgelab::llama {

namespace {

using namespace serve::llama_log;


// "size = 1.15 MiB (2048 cells, ...)": cells of each cache, in order.
std::vector<long> cache_cells(std::string_view log) {
  std::vector<long> cells;
  for (auto const& line : lines_with(log, " cells,")) {
    auto const open = line.find('(');
    if (open != std::string::npos) cells.push_back(std::strtol(line.c_str() + open + 1, nullptr, 10));
  }
  return cells;
}

// With a window, one cache is for the layers without it and one for those with it; full size is equal size.
// In a context that the window and a ubatch fill, they are equal either way.
std::string swa_full(std::string_view log, llama_context const* handle, Model const& model) {
  auto const cells = cache_cells(log);
  if (cells.size() != 2) return unknown;
  if (cells[0] != cells[1]) return "off";
  auto const window = static_cast<std::uint32_t>(llama_model_n_swa(model.handle.get()));
  return llama_n_ctx(handle) <= window + llama_n_ubatch(handle) ? unknown : "on";
}

// Those of the servers asked for that hold weights: "RPC0[host:port] model buffer size = ...".
std::string rpc_servers(std::string_view log, std::vector<std::string> const& asked) {
  auto const buffers = lines_with(log, "model buffer size");
  std::vector<std::string> in_use;
  for (auto const& server : asked)
    if (std::ranges::any_of(buffers, [&](std::string const& line) { return line.contains("[" + server + "]"); }))
      in_use.push_back(server);
  return in_use.empty() ? unknown : join(in_use, ",");
}

// What the engine itself does with requests: nobody else knows.
Flags engine_flags(RequestSettings const& engine, Model const* draft) {
  auto const& speculation = engine.speculation;
  auto const on_off = [](bool on) { return on ? std::string("on") : std::string("off"); };
  Flags flags;
  flags["kv-cache"] = on_off(engine.kv_cache);
  flags["cache-prompt"] = on_off(engine.cache_prompt);
  flags["cache-reuse"] = std::to_string(engine.cache_reuse);
  flags["cont-batching"] = on_off(engine.batching == Batching::continuous);
  flags["prompt-lookup"] = on_off(speculation.lookup);
  flags["speculative-decoding"] = speculation.adaptive ? "adaptive" : (draft != nullptr ? "draft" : "off");
  if (!speculation.enabled()) return flags;
  flags["draft-max"] = std::to_string(speculation.draft_max);
  flags["draft-min"] = std::to_string(speculation.draft_min);
  if (speculation.lookup) {
    flags["prompt-lookup-ngram"] = std::to_string(speculation.lookup_ngram);
    flags["prompt-lookup-min"] = std::to_string(speculation.lookup_min);
  }
  flags["draft-model"] = draft != nullptr ? draft->path : "none";
  if (draft != nullptr) flags["draft-p-min"] = std::format("{}", speculation.draft_p_min);
  return flags;
}

// Whether this program runs on another processor than it was built for, by an emulator: the kernel (6.1 and later) says what it is
// itself. Times then mean nothing.
bool is_emulated() {
#if defined(__linux__) && defined(__aarch64__)
  std::string machine;
  return std::getline(std::ifstream("/proc/sys/kernel/arch") >> std::ws, machine) && machine != "aarch64";
#else
  return false;
#endif
}

std::string system_fact(std::string_view name) {
  std::string_view const info = llama_print_system_info();
  return info.find(name) == std::string_view::npos ? "off" : "on";
}

}  // namespace

Flags in_force(Model const& model, Context const& context, RequestSettings const& engine, Model const* draft,
               std::string_view backend_log) {
  auto* const handle = context.handle.get();
  auto const& log = context.log;
  auto flags = engine_flags(engine, draft);
  flags["n-ctx"] = std::to_string(llama_n_ctx(handle));
  // llama.cpp rounds up; the engine gives requests no more than was asked for.
  flags["ctx-size"] = std::to_string(std::min(llama_n_ctx(handle), context.settings.n_ctx));
  flags["parallel"] = std::to_string(llama_n_seq_max(handle));
  flags["batch-size"] = std::to_string(llama_n_batch(handle));
  flags["ubatch-size"] = std::to_string(llama_n_ubatch(handle));
  flags["threads"] = std::to_string(llama_n_threads(handle));
  flags["threads-batch"] = std::to_string(llama_n_threads_batch(handle));
  flags["kv-unified"] = on_off(up_to(after(log, "kv_unified            = "), " \r"), "true", "false");
  flags["load-mode"] = load_mode(model.log);
  flags["repack"] = lines_with(model.log, "_REPACK model buffer size").empty() ? "off" : "on";
  add_offload(has_accelerator() || !model.settings.rpc.empty(), model.log, flags);
  if (!model.settings.rpc.empty()) flags["rpc"] = rpc_servers(model.log, model.settings.rpc);
  flags["cpu-variant"] = cpu_variant(backend_log);
  flags["openmp"] = system_fact("OPENMP = 1");
  if (is_emulated()) flags["emulated"] = "on";
  if (!llama_model_is_recurrent(model.handle.get())) {
    flags["flash-attn"] = flash_attention(log);
    flags["cache-type-k"] = kv_type(log, 'K');
    flags["cache-type-v"] = kv_type(log, 'V');
  }
  if (llama_model_n_swa(model.handle.get()) > 0) flags["swa-full"] = swa_full(log, handle, model);
  return flags;
}

protocol::Memory memory_use(Model const& model, Context const& context) {
  return {static_cast<std::int64_t>(llama_model_size(model.handle.get())),
          kv_cache_bytes(context.log),
          compute_bytes(context.log),
          {},
          {},
          {}};
}

void add_draft_memory(Model const& model, Context const& context, protocol::Memory& memory) {
  memory.draft_model_bytes = static_cast<std::int64_t>(llama_model_size(model.handle.get()));
  memory.draft_kv_cache_bytes = kv_cache_bytes(context.log);
  memory.draft_compute_bytes = compute_bytes(context.log);
}

}  // namespace edgelab::llama
