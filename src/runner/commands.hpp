// Which program an executor of the experiment is, and what it says when greeted.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "executor/executor.hpp"
#include "runner/remotes.hpp"
#include "spec/parse.hpp"
#include "types/experiment.hpp"
#include "types/protocol.hpp"

namespace edgelab::runner {

// Its own command, where it speaks the protocol itself; else a program in `programs`: edgelab-llama, edgelab-null, or the one
// that speaks it for a llama-server, an OpenAI-compatible URL, a libfllama or a command that is run once a request.
[[nodiscard]] Result<std::vector<std::string>> command_of(ExecutorSpec const& executor,
                                                          std::filesystem::path const& programs);

// Where our executors' programs are: the folder in the environment variable EDGELAB_EXECUTOR_DIR, else the one that
// the running program is in.
[[nodiscard]] std::filesystem::path programs_folder();

// What has to be there before anything runs: programs along PATH or where they are said to be, environment variables with keys.
[[nodiscard]] spec::Diagnostics check_executors(std::vector<ExecutorSpec> const& executors);

// How long an executor may take to start and say hello.
inline constexpr std::chrono::milliseconds start_timeout{30'000};

// Starts it and lets it say hello: a program of ours, its own command, or a session with a device. Its standard error goes into `log`. A
// stop ends it at once. REQUIRES that the calling thread (of one on a device: its lane), and `remotes`, outlive it.
[[nodiscard]] executor::Outcome<std::unique_ptr<executor::Executor>> start_executor(ExecutorSpec const& executor,
                                                                                    std::filesystem::path const& programs,
                                                                                    std::filesystem::path const& log, Remotes& remotes,
                                                                                    std::stop_token const& stop = {});

// Starts each executor of the experiment once, lets it say hello, and ends it. Fails at the first that does not.
[[nodiscard]] Result<std::vector<protocol::HelloReply>> greet(std::vector<ExecutorSpec> const& executors,
                                                              std::filesystem::path const& programs, Remotes& remotes);

}  // namespace edgelab::runner
