// The flags that promise the target's own greedy output, with values worth trying.
#pragma once

#include <string>
#include <vector>

#include "llama/covering.hpp"

namespace edgelab::test {

[[nodiscard]] inline std::vector<Parameter> exact_parameters() {
  return {{"flash-attn", {"off", "on"}},
          {"parallel", {"1", "3", "8"}},
          {"cont-batching", {"on", "off"}},
          {"kv-unified", {"auto", "on", "off"}},
          {"cache-prompt", {"off", "on"}},
          {"prompt-lookup", {"off", "on"}},
          {"prompt-lookup-ngram", {"3", "1"}},
          {"speculative-decoding", {"off", "draft", "adaptive"}},
          {"draft-max", {"8", "2", "16"}},
          {"draft-min", {"0", "2"}},
          {"draft-p-min", {"0.5", "0"}},
          {"batch-size", {"2048", "64"}}};
}

[[nodiscard]] inline bool is_allowed(Flags const& flags) {
  return std::stoi(flags.at("draft-min")) <= std::stoi(flags.at("draft-max"));
}

[[nodiscard]] inline std::string in_words(Flags const& flags) {
  std::string text;
  for (auto const& [name, value] : flags) text += (text.empty() ? "" : " ") + name + "=" + value;
  return text;
}

}  // namespace edgelab::test
