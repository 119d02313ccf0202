// A request made ready before the clock starts.
#pragma once

#include <llama.h>

#include <cstdint>
#include <string>
#include <vector>

#include "wire/arrivals.hpp"

namespace edgelab::llama {

struct Job {
  std::string id;
  std::vector<llama_token> prompt;              // not empty
  std::int32_t max_tokens = 1;                  // at least 1
  bool ignore_eos = false;
  wire::ArrivalRule arrives{};                  // its indices are those of the trial's jobs
};

}  // namespace edgelab::llama
