#include "runner/commands.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <system_error>

#include "core/process.hpp"

namespace edgelab::runner {

namespace {

// A file for what an executor says on its standard error while it is greeted, gone with the object.
struct GreetingLog {
  std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("edgelab-greeting-" + std::to_string(getpid()) + ".log");
  GreetingLog() = default;
  GreetingLog(GreetingLog const&) = delete;
  GreetingLog& operator=(GreetingLog const&) = delete;
  ~GreetingLog() {
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
  }
};

}  // namespace

std::filesystem::path programs_folder() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this program changes the environment
  char const* const folder = std::getenv("EDGELAB_EXECUTOR_DIR");
  if (folder != nullptr && *folder != '\0') return folder;
  std::error_code error;
  auto const program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::current_path() : program.parent_path();
}

namespace {

// Run once a request, since it speaks no protocol.
bool is_template(std::vector<std::string> const& command) {
  return std::ranges::any_of(command, [](std::string const& word) {
    return word.contains("{prompt}") || word.contains("{prompt_file}");
  });
}

std::string program_of(ExecutorSpec const& executor) {
  if (executor.kind == "llama-server") return "edgelab-server";
  if (executor.kind == "exec") return "edgelab-command";
  return "edgelab-" + executor.kind;
}

// What its program is told.
std::vector<std::string> arguments_of(ExecutorSpec const& executor) {
  if (executor.kind == "exec") return executor.command;
  if (executor.kind == "llama-server")
    return executor.command.empty() ? std::vector<std::string>{} : std::vector{"--program=" + executor.command.front()};
  if (executor.kind == "fllama")
    return executor.library.empty() ? std::vector<std::string>{} : std::vector{"--library=" + executor.library};
  if (executor.kind != "openai") return {};
  std::vector<std::string> arguments{"--url=" + executor.url};
  if (!executor.model.empty()) arguments.push_back("--model=" + executor.model);
  if (!executor.api.empty()) arguments.push_back("--api=" + executor.api);
  if (!executor.key_env.empty()) arguments.push_back("--key-env=" + executor.key_env);
  if (executor.retries) arguments.push_back("--retries=" + std::to_string(*executor.retries));
  return arguments;
}

}  // namespace

Result<std::vector<std::string>> command_of(ExecutorSpec const& executor, std::filesystem::path const& programs) {
  bool const speaks_itself = executor.kind == "llama" || executor.kind == "null" ||
                             (executor.kind == "exec" && !is_template(executor.command));
  if (speaks_itself && !executor.command.empty()) return executor.command;
  if (executor.kind == "exec" && executor.command.empty())
    return fail("executor '" + executor.id + "' of kind exec has no command");
  if (!speaks_itself && executor.kind != "exec" && executor.kind != "llama-server" && executor.kind != "openai" &&
      executor.kind != "fllama") {
    return fail("executor '" + executor.id + "': no program is known for kind '" + executor.kind + "'");
  }
  auto const program = programs / program_of(executor);
  if (access(program.c_str(), X_OK) != 0) {
    return fail("executor '" + executor.id + "': its program " + program.string() +
                " is not there; the environment variable EDGELAB_EXECUTOR_DIR names the folder to look in");
  }
  std::vector<std::string> command{program.string()};
  command.append_range(arguments_of(executor));
  return command;
}

namespace {

void check_library(ExecutorSpec const& executor, std::function<void(std::string const&)> const& missing) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this program changes the environment
  char const* const named = std::getenv("EDGELAB_FLLAMA_LIB");
  auto const library = executor.library.empty() && named != nullptr ? std::string(named) : executor.library;
  std::error_code error;
  if (library.empty())
    missing("no libfllama is named: expected its path in `library` or in the environment variable EDGELAB_FLLAMA_LIB");
  else if (!std::filesystem::exists(library, error))
    missing("there is no library " + library);
}

}  // namespace

spec::Diagnostics check_executors(std::vector<ExecutorSpec> const& executors) {
  spec::Diagnostics wrong;
  auto const missing = [&](ExecutorSpec const& executor, std::string const& what) {
    wrong.push_back({.file = executor.origin.file,
                     .line = executor.origin.line,
                     .column = executor.origin.column,
                     .message = "executor '" + executor.id + "': " + what});
  };
  for (auto const& executor : executors) {
    auto program = executor.command.empty() ? std::string{} : executor.command.front();
    if (executor.kind == "llama-server" && program.empty()) program = "llama-server";
    if (!program.empty() && !find_program(program))
      missing(executor, program.contains('/') ? "there is no program " + program
                                              : "there is no program '" + program + "' along PATH; expected its path in `command`");
    if (executor.kind == "remote")
      if (auto const hub = hub_of(executor); !hub) missing(executor, hub.error().describe());
    if (executor.kind == "fllama") check_library(executor, [&](std::string const& what) { missing(executor, what); });
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in this program changes the environment
    char const* const key = executor.key_env.empty() ? nullptr : std::getenv(executor.key_env.c_str());
    if (!executor.key_env.empty() && (key == nullptr || *key == '\0'))
      missing(executor, "the environment variable " + executor.key_env + ", which is to hold its key, is not set");
  }
  return wrong;
}

executor::Outcome<std::unique_ptr<executor::Executor>> start_executor(ExecutorSpec const& executor, std::filesystem::path const& programs,
                                                                      std::filesystem::path const& log, Remotes& remotes,
                                                                      std::stop_token const& stop) {
  if (executor.kind == "remote") return remotes.start(executor, start_timeout, stop);
  auto const command = command_of(executor, programs);
  if (!command) return std::unexpected(executor::Trouble{.status = Status::failed, .reason = command.error().describe()});
  return executor::Executor::start(*command, log, start_timeout, stop);
}

Result<std::vector<protocol::HelloReply>> greet(std::vector<ExecutorSpec> const& executors, std::filesystem::path const& programs,
                                                Remotes& remotes) {
  std::vector<protocol::HelloReply> hellos;
  for (auto const& spec : executors) {
    GreetingLog const log;
    auto const started = start_executor(spec, programs, log.file, remotes);
    if (!started) return fail("executor '" + spec.id + "' does not start: " + started.error().reason);
    hellos.push_back((*started)->hello());
  }
  return hellos;
}

}  // namespace edgelab::runner
