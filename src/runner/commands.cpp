#include "runner/commands.hpp"

#include <unistd.h>

#include <cstdlib>
#include <system_error>

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

Result<std::vector<std::string>> command_of(ExecutorSpec const& executor, std::filesystem::path const& programs) {
  if (!executor.command.empty()) return executor.command;
  if (executor.kind == "exec") return fail("executor '" + executor.id + "' of kind exec has no command");
  if (executor.kind != "llama" && executor.kind != "null") {
    return fail("executor '" + executor.id + "': no program is known for kind '" + executor.kind + "'");
  }
  auto const program = programs / ("edgelab-" + executor.kind);
  if (access(program.c_str(), X_OK) != 0) {
    return fail("executor '" + executor.id + "': its program " + program.string() +
                " is not there; the environment variable EDGELAB_EXECUTOR_DIR names the folder to look in");
  }
  return std::vector{program.string()};
}

Result<std::vector<protocol::HelloReply>> greet(std::vector<ExecutorSpec> const& executors,
                                                std::filesystem::path const& programs) {
  std::vector<protocol::HelloReply> hellos;
  for (auto const& spec : executors) {
    EDGELAB_TRY(command, command_of(spec, programs));
    GreetingLog const log;
    auto const started = executor::Executor::start(command, log.file, start_timeout);
    if (!started) return fail("executor '" + spec.id + "' does not start: " + started.error().reason);
    hellos.push_back((*started)->hello());
  }
  return hellos;
}

}  // namespace edgelab::runner
