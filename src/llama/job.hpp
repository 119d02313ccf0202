// A request made ready before the clock starts.
#pragma once

#include <llama.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace edgelab::llama {

struct Job {
  std::string id;
  std::vector<llama_token> prompt;              // not empty
  std::int32_t max_tokens = 1;                  // at least 1
  bool ignore_eos = false;
  std::optional<std::int64_t> arrival_us;
};

}  // namespace edgelab::llama
