// A run made ready: everything that can refuse it is asked here, before anything runs.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/result.hpp"
#include "probe/environment.hpp"
#include "runner/remotes.hpp"
#include "runner/runner.hpp"
#include "spec/parse.hpp"
#include "store/store.hpp"

namespace edgelab::app {

struct Session {
  runner::RunConfig config;
  store::Store store;
};

// Either the errors of a file, each with its place, or one that has none.
using Refusal = std::variant<spec::Diagnostics, Error>;
[[nodiscard]] std::string describe(Refusal const& refusal);   // its errors, one a line
template <typename T>
using Prepared = std::expected<T, Refusal>;

// A new run of `file`. An empty `out` is results/NAME-DATE in the current folder.
[[nodiscard]] Prepared<Session> new_session(std::filesystem::path const& file, std::filesystem::path out,
                                            spec::Overrides const& overrides);

// A run that is in `directory` already. Its executors and models must be what they were: numbers from others would
// not belong in the same table. `blocks` and `time_budget_s` replace what the run was started with.
[[nodiscard]] Prepared<Session> resumed_session(std::filesystem::path const& directory,
                                                std::optional<std::int32_t> blocks,
                                                std::optional<double> time_budget_s);

// Starts the executors' programs, and sessions with devices; what programs write to standard error is kept in `directory`.
[[nodiscard]] runner::StartExecutor starter(std::vector<ExecutorSpec> executors, std::filesystem::path directory,
                                            std::shared_ptr<runner::Remotes> remotes = std::make_shared<runner::Remotes>());

// Whether every request fits into the context that its model was trained for; the first that does not is the error.
[[nodiscard]] Result<void> check_fitting(Plan const& plan, std::vector<protocol::HelloReply> const& hellos,
                                         std::shared_ptr<runner::Remotes> remotes = std::make_shared<runner::Remotes>());

// What differs between the environment that a run was begun in and this one, of what must be the same.
[[nodiscard]] std::vector<std::string> undeclared_differences(probe::Environment const& begun,
                                                              probe::Environment const& now);

}  // namespace edgelab::app
