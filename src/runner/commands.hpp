// Which program an executor of the experiment is, and what it says when greeted.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "executor/executor.hpp"
#include "spec/parse.hpp"
#include "types/experiment.hpp"
#include "types/protocol.hpp"

namespace edgelab::runner {

// Its own command, where it speaks the protocol itself; else a program in `programs`: edgelab-llama, edgelab-null, or the one
// that speaks it for a llama-server, an OpenAI-compatible URL or a command that is run once a request.
[[nodiscard]] Result<std::vector<std::string>> command_of(ExecutorSpec const& executor,
                                                          std::filesystem::path const& programs);

// Where our executors' programs are: the folder in the environment variable EDGELAB_EXECUTOR_DIR, else the one that
// the running program is in.
[[nodiscard]] std::filesystem::path programs_folder();

// What has to be there before anything runs: programs along PATH or where they are said to be, environment variables with keys.
[[nodiscard]] spec::Diagnostics check_executors(std::vector<ExecutorSpec> const& executors);

// How long an executor may take to start and say hello.
inline constexpr std::chrono::milliseconds start_timeout{30'000};

// Starts each executor of the experiment once, lets it say hello, and ends it. Fails at the first that does not.
[[nodiscard]] Result<std::vector<protocol::HelloReply>> greet(std::vector<ExecutorSpec> const& executors,
                                                              std::filesystem::path const& programs);

// What is wrong with the rounds' flags of executors' own ("NAME.flag"), given what the executors say they have.
[[nodiscard]] spec::Diagnostics check_own_flags(Experiment const& experiment,
                                                std::vector<protocol::HelloReply> const& hellos);

// What executors say that their own flags may do to output, by "NAME.flag". One with an effect of no known name is left out.
[[nodiscard]] std::map<std::string, Effect> own_effects(std::vector<protocol::HelloReply> const& hellos);

// Whether any round sets such a flag.
[[nodiscard]] bool has_own_flags(Experiment const& experiment);

}  // namespace edgelab::runner
