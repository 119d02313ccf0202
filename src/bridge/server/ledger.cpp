#include "bridge/server/ledger.hpp"

#include <algorithm>
#include <cstdlib>
#include <format>
#include <optional>

#include "core/text.hpp"
#include "serve/llama_log.hpp"
#include "wire/json.hpp"

namespace edgelab::bridge {

namespace {

namespace llama_log = serve::llama_log;
using llama_log::after;
using llama_log::lines_with;
using llama_log::unknown;
using llama_log::up_to;

// A server logs its models one after the other; what is said after a draft model's file is named is the draft's.
struct Parts {
  std::string_view target;
  std::string_view draft;      // empty where there is none
};

Parts parts_of(std::string_view log) {
  auto const at = log.find("loading draft model");
  return at == std::string_view::npos ? Parts{log, {}} : Parts{log.substr(0, at), log.substr(at)};
}

std::string or_unknown(std::string text) { return text.empty() ? unknown : text; }

std::string on_or_off(bool on) { return on ? "on" : "off"; }

// "n_ctx = 2048" after any number of blanks, as the context prints its parameters.
std::string context_value(std::string_view log, std::string_view name) {
  for (auto const& line : lines_with(log, std::format("llama_context: {} ", name))) {
    auto const at = line.find("= ");
    if (at != std::string::npos) return up_to(line.substr(at + 2), " \r");
  }
  return unknown;
}

std::string setting(Facts const& facts, std::string_view name) {
  auto const found = std::ranges::find(facts.settings, name, &std::pair<std::string, std::string>::first);
  return found == facts.settings.end() ? unknown : found->second;
}

void add_context(std::string_view log, Flags& flags) {
  flags["n-ctx"] = context_value(log, "n_ctx");
  flags["ctx-size"] = flags["n-ctx"];
  flags["batch-size"] = context_value(log, "n_batch");
  flags["ubatch-size"] = context_value(log, "n_ubatch");
  flags["kv-unified"] = llama_log::on_off(context_value(log, "kv_unified"), "true", "false");
  flags["flash-attn"] = llama_log::flash_attention(log);
  flags["cache-type-k"] = llama_log::kv_type(log, 'K');
  flags["cache-type-v"] = llama_log::kv_type(log, 'V');
}

// "n_threads = 2 (n_threads_batch = 2) / 4", or the same with other signs between.
void add_threads(std::string_view log, Flags& flags) {
  flags["threads"] = or_unknown(up_to(after(log, "n_threads = "), " ,|/("));
  flags["threads-batch"] = or_unknown(up_to(after(log, "n_threads_batch = "), " ,|/)"));
}

// One row a slot, where it tells of them.
std::string slots_of(Facts const& facts) {
  auto const json = wire::Json::parse(facts.slots);
  if (json && json->length("") > 0) return std::to_string(json->length(""));
  if (auto const props = wire::Json::parse(facts.props))
    if (auto const count = props->number("/total_slots")) return std::format("{}", *count);
  return context_value(facts.log, "n_seq_max");
}

void add_model(std::string_view log, bool elsewhere, Flags& flags) {
  flags["load-mode"] = llama_log::load_mode(log);
  bool const tells_buffers = !lines_with(log, "model buffer size").empty();
  flags["repack"] = tells_buffers ? on_or_off(!lines_with(log, "_REPACK model buffer size").empty()) : unknown;
  llama_log::add_offload(elsewhere, log, flags);
  flags["cpu-variant"] = llama_log::cpu_variant(log);
}

// "adding speculative implementation 'draft-simple'", a line for each.
std::string drafters(std::string_view log) {
  if (log.empty()) return unknown;
  std::vector<std::string> names;
  for (auto const& line : lines_with(log, "adding speculative implementation '")) {
    auto name = up_to(after(line, "adding speculative implementation '"), "'");
    if (name != "none") names.push_back(std::move(name));
  }
  return names.empty() ? "none" : join(names, ",");
}

void add_drafting(Facts const& facts, Flags& flags) {
  auto const type = drafters(facts.log);
  flags["spec-type"] = type;
  flags["speculative-decoding"] = type == unknown ? unknown : type.contains("draft-simple") ? "draft" : "off";
  if (facts.drafter == "none") return;
  if (facts.drafter.starts_with("ngram")) {     // they have lengths of their own, which nothing tells of
    for (auto const* name : {"draft-max", "draft-min", "draft-p-min"}) flags[name] = unknown;
    return;
  }
  flags["draft-max"] = setting(facts, "speculative.n_max");
  flags["draft-min"] = setting(facts, "speculative.n_min");
  flags["draft-p-min"] = setting(facts, "speculative.p_min");
}

}  // namespace

Flags in_force(Facts const& facts) {
  auto const parts = parts_of(facts.log);
  Flags flags;
  add_context(parts.target, flags);
  add_threads(facts.log, flags);
  add_model(parts.target, facts.elsewhere, flags);
  flags["parallel"] = slots_of(facts);
  flags["kv-cache"] = "on";
  flags["cont-batching"] = unknown;
  add_drafting(facts, flags);
  return flags;
}

protocol::Memory memory_use(Facts const& facts) {
  auto const parts = parts_of(facts.log);
  protocol::Memory memory;
  memory.model_bytes = llama_log::model_bytes(parts.target);
  memory.kv_cache_bytes = llama_log::kv_cache_bytes(parts.target);
  memory.compute_bytes = llama_log::compute_bytes(parts.target);
  if (parts.draft.empty()) return memory;
  memory.draft_model_bytes = llama_log::model_bytes(parts.draft);
  memory.draft_kv_cache_bytes = llama_log::kv_cache_bytes(parts.draft);
  memory.draft_compute_bytes = llama_log::compute_bytes(parts.draft);
  return memory;
}

}  // namespace edgelab::bridge
