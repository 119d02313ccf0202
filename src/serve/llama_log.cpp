#include "serve/llama_log.hpp"

#include <cmath>
#include <cstdlib>
#include <map>

#include "core/text.hpp"

namespace edgelab::serve::llama_log {

namespace {

// Sum over buffers of their last size: "CPU KV buffer size =     1.15 MiB". A buffer made anew is logged again.
std::optional<std::int64_t> buffer_bytes(std::string_view log, std::string_view label) {
  std::map<std::string, double> mebibytes;
  for (auto const& line : lines_with(log, label)) {
    auto const at = line.find(label);
    // A function that makes several caches (one with a window, one without) logs the same buffer name for each, so
    // that the sizes are told apart by the order in which they come.
    auto key = line.substr(0, at);
    if (label.starts_with("KV")) key += std::to_string(mebibytes.size());
    mebibytes[key] = std::strtod(line.c_str() + at + label.size(), nullptr);
  }
  if (mebibytes.empty()) return std::nullopt;
  double sum = 0.0;
  for (auto const& [name, size] : mebibytes) sum += size;
  return static_cast<std::int64_t>(std::llround(sum * 1048576.0));
}

}  // namespace

std::vector<std::string> lines_with(std::string_view log, std::string_view part) {
  std::vector<std::string> found;
  for (auto& line : split(log, '\n')) {
    if (line.find(part) != std::string::npos) found.push_back(std::move(line));
  }
  return found;
}

// What stands after the first `label` of the last line that has it; "" where none has.
std::string after(std::string_view log, std::string_view label) {
  auto const lines = lines_with(log, label);
  if (lines.empty()) return "";
  return std::string(trim(std::string_view(lines.back()).substr(lines.back().find(label) + label.size())));
}

std::string up_to(std::string const& text, std::string_view any_of) {
  return text.substr(0, text.find_first_of(any_of));
}

std::string on_off(std::string const& text, std::string_view on, std::string_view off) {
  if (text == on) return "on";
  if (text == off) return "off";
  return unknown;
}

std::string flash_attention(std::string_view log) {
  if (!lines_with(log, "enabling flash_attn since it is required").empty()) return "on";
  auto resolved = after(log, "Flash Attention ");
  // As b9553 says it.
  if (constexpr std::string_view by_itself = "was auto, set to "; resolved.starts_with(by_itself))
    resolved.erase(0, by_itself.size());
  if (resolved.starts_with("enabled")) return "on";
  if (resolved.starts_with("not supported") || resolved.starts_with("disabled")) return "off";
  return on_off(up_to(after(log, "flash_attn            = "), " \r"), "enabled", "disabled");
}

// "offloaded 3/31 layers to GPU"
void add_offload(bool elsewhere, std::string_view log, Flags& flags) {
  auto const said = after(log, "offloaded ");
  auto const slash = said.find('/');
  bool const tells = slash != std::string::npos;
  flags["n-gpu-layers"] = !elsewhere ? "0" : tells ? said.substr(0, slash) : unknown;
  if (tells) flags["offloadable-layers"] = up_to(said.substr(slash + 1), " ");
}

std::optional<std::int64_t> kv_cache_bytes(std::string_view log) {
  auto const keys_values = buffer_bytes(log, "KV buffer size =");
  auto const recurrent = buffer_bytes(log, "RS buffer size =");
  if (!keys_values && !recurrent) return std::nullopt;
  return keys_values.value_or(0) + recurrent.value_or(0);
}

std::optional<std::int64_t> compute_bytes(std::string_view log) {
  auto const graph = buffer_bytes(log, "compute buffer size =");
  auto const output = buffer_bytes(log, "output buffer size =");
  if (!graph) return std::nullopt;
  return *graph + output.value_or(0);
}

std::optional<std::int64_t> model_bytes(std::string_view log) { return buffer_bytes(log, "model buffer size ="); }

std::string kv_type(std::string_view log, char half) {
  auto const text = up_to(after(log, std::string(", ") + half + " ("), ")");
  return text.empty() ? unknown : text;
}

std::string load_mode(std::string_view log) {
  auto const text = up_to(after(log, "(load_mode = "), ")");
  // b9553 has two switches, of which direct I/O goes first.
  if (auto const switches = after(log, "(mmap = "); text.empty() && !switches.empty())
    return switches.contains("direct_io = true") ? "dio" : switches.starts_with("true") ? "mmap" : "none";
  if (text.empty()) return unknown;
  // The mode is announced before pages are locked; where that fails, llama.cpp warns and goes on without.
  if (text.contains("mlock") && !lines_with(log, "failed to mlock").empty()) return text == "mlock" ? "none" : "mmap";
  return text;
}

std::string cpu_variant(std::string_view log) {
  auto const text = up_to(after(log, "ggml-cpu-"), ".");
  return text.empty() ? unknown : text;
}

}  // namespace edgelab::serve::llama_log
