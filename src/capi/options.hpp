// The options of edgelab.h, from JSON.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace edgelab::capi {

struct ExecutorOptions {
  std::string kind = "llama";
};

struct ExperimentOptions {
  std::map<std::string, std::string> models;     // id -> path
  std::vector<std::string> only;                 // rounds
  std::optional<std::int32_t> blocks;
  std::optional<std::uint64_t> seed;
  std::optional<double> time_budget_s;
  std::optional<std::int32_t> physical_cores;
};

// NULL is all defaults. Fails for what is no such object: keys that there are not, and values that cannot be.
[[nodiscard]] Result<ExecutorOptions> executor_options(char const* json);
[[nodiscard]] Result<ExperimentOptions> experiment_options(char const* json);

}  // namespace edgelab::capi
