#include "llama/support.hpp"

#include <llama.h>

#include <algorithm>
#include <format>
#include <utility>

#include "core/text.hpp"
#include "llama/backends.hpp"
#include "llama/compat.hpp"

namespace edgelab::llama {

namespace {

using protocol::FlagSupport;

FlagSupport only(std::vector<std::string> values, std::string reason) {
  return {"values", std::move(values), std::move(reason)};
}

FlagSupport no(std::string reason) { return {"no", {}, std::move(reason)}; }

std::map<std::string, FlagSupport> make_support() {
  constexpr auto later = "not in this executor yet";
  std::map<std::string, FlagSupport> flags;
  for (auto const* name :
       {"kv-cache", "cache-type-k", "cache-type-v", "cache-prompt", "kv-unified", "swa-full", "flash-attn",
        "batch-size", "ubatch-size", "threads", "threads-batch", "load-mode", "repack", "ctx-size", "parallel",
        "cont-batching", "cache-reuse", "prompt-lookup", "prompt-lookup-ngram", "prompt-lookup-min",
        "speculative-decoding", "draft-model", "draft-max", "draft-min", "draft-p-min"}) {
    flags[name] = {};
  }
  flags["spec-type"] = only({"none"}, "llama-server's own drafters are not in libllama's public interface");
  for (auto const* name : {"cpu-mask", "cpu-range", "prio", "poll", "numa"}) flags[name] = no(later);
  flags["extra-args"] = no("it starts no other program");
  auto const accelerator = has_accelerator();
  bool const remote = llama_supports_rpc();
  flags["rpc"] = remote ? FlagSupport{} : no("llama.cpp has no RPC backend here (Debian: libggml0-backend-rpc)");
  auto const device = [&](std::string const& name, std::string const& without) {
    flags[name] = accelerator ? FlagSupport{} : only({without}, "llama.cpp finds no accelerator here");
  };
  // Without an accelerator, layers can still be another machine's.
  flags["n-gpu-layers"] = accelerator || remote ? FlagSupport{} : only({"0", "auto"}, "llama.cpp finds no accelerator here");
  device("split-mode", "layer");
  device("main-gpu", "0");
  device("no-kv-offload", "off");
  device("op-offload", "off");
  return flags;
}

}  // namespace

std::map<std::string, FlagSupport> const& flag_support() {
  static auto const flags = make_support();
  return flags;
}

std::optional<std::string> refused_value(Flags const& flags) {
  for (auto const& [name, value] : flags) {
    auto const found = flag_support().find(name);
    if (found == flag_support().end() || found->second.support != "values") continue;
    auto const& values = found->second.values;
    if (std::ranges::find(values, value) != values.end()) continue;
    return std::format("flag '{}' is '{}', but here it can only be {}{}", name, value, join(values, " or "),
                       found->second.reason ? ": " + *found->second.reason : "");
  }
  return std::nullopt;
}

protocol::HelloReply hello_reply() {
  protocol::HelloReply reply;
  reply.name = "llama";
  reply.version = EDGELAB_VERSION;
  reply.library =
      "llama.cpp " + library_version() + "(ggml " + ggml_version() + ", commit " + ggml_commit() + ")";
  reply.flags = flag_support();
  reply.abilities = {"after"};
  return reply;
}

}  // namespace edgelab::llama
