#include "capi/options.hpp"

#include <format>
#include <rfl.hpp>
#include <rfl/json.hpp>
#include <utility>

namespace edgelab::capi {

namespace {

template <typename T>
Result<T> read(char const* json) {
  if (json == nullptr) return T{};
  auto read = rfl::json::read<T, rfl::DefaultIfMissing, rfl::NoExtraFields>(std::string(json));
  if (!read) return fail("options: " + read.error().what());
  return std::move(*read);
}

}  // namespace

Result<ExecutorOptions> executor_options(char const* json) {
  EDGELAB_TRY(options, read<ExecutorOptions>(json));
  if (options.kind != "llama")
    return fail(std::format("options: there is no executor of kind '{}' here: expected llama", options.kind));
  return std::move(options);
}

Result<ExperimentOptions> experiment_options(char const* json) {
  EDGELAB_TRY(options, read<ExperimentOptions>(json));
  if (options.blocks && *options.blocks < 1)
    return fail(std::format("options: blocks is {}: expected 1 or more", *options.blocks));
  if (options.time_budget_s && !(*options.time_budget_s > 0.0))
    return fail(std::format("options: time_budget_s is {}: expected more than 0", *options.time_budget_s));
  if (options.physical_cores && *options.physical_cores < 1)
    return fail(std::format("options: physical_cores is {}: expected 1 or more", *options.physical_cores));
  return std::move(options);
}

}  // namespace edgelab::capi
